package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// What is merged is no more than one profile has: what was said last is kept.
func TestWhatIsSaidIsMergedWithinBounds(t *testing.T) {
	said := func(name string) chat.Profile {
		p := chat.Profile{Fields: map[string]string{}}
		for i := range 20 {
			key := fmt.Sprintf("%s%02d", name, i)
			p.Labels = append(p.Labels, key)
			p.Fields[key] = "x"
		}
		return p
	}
	own, from := &chat.Conversation{Unverified: said("a")}, &chat.Conversation{Unverified: said("b")}
	own.Merged(from)
	p := own.Unverified
	if len(p.Labels) != 32 || p.Labels[0] != "a08" || p.Labels[31] != "b19" {
		t.Errorf("labels: %q", p.Labels)
	}
	if len(p.Fields) != 32 || p.Fields["a11"] == "" || p.Fields["a12"] != "" || p.Fields["b00"] == "" || p.Fields["b19"] == "" {
		t.Errorf("fields: %q", p.Fields)
	}
}
