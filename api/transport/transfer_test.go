package transport

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// A steady rate is enough, and a fast beginning buys no long pause.
func TestLeastRateOfTransfers(t *testing.T) {
	begun := time.Now()
	for _, test := range []struct {
		after time.Duration
		done  int64
		want  time.Duration // from the beginning
	}{
		{0, 0, transferIdleTimeout},
		{20 * time.Second, 1, transferIdleTimeout},
		{20 * time.Second, 10 * leastRate, transferIdleTimeout + 10*time.Second},
		{5 * time.Minute, 300 * leastRate, 5*time.Minute + transferIdleTimeout},
		{10 * time.Second, chat.MaxAttachment, 10*time.Second + transferIdleTimeout},
		{transferTimeout - 20*time.Second, chat.MaxAttachment, 14*time.Minute + 43*time.Second},
	} {
		tr := &transfer{begun: begun, until: begun.Add(transferTimeout), grace: transferIdleTimeout, moved: test.done}
		if got := tr.nextDeadline(begun.Add(test.after)).Sub(begun).Round(time.Second); got != test.want {
			t.Errorf("after %v and %d bytes: until %v, want %v", test.after, test.done, got, test.want)
		}
	}
}
