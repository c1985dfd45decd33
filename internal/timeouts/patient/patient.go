// Package patient has the product wait as long as any machine may stand still: for
// tests, which import it for that alone. What they find must not depend on how
// little time passes between two of their steps.
package patient

import (
	"time"

	"github.com/parley-chat/parley/internal/timeouts"
)

// wait takes the place of the product's own bounds: a test that waits in vain ends
// all the same.
const wait = time.Minute

// own are the product's bounds of its waits.
var own = map[*time.Duration]time.Duration{}

func init() {
	for _, t := range []*time.Duration{&timeouts.Evidence, &timeouts.Stop, &timeouts.Open, &timeouts.Leave, &timeouts.Search, &timeouts.Disk} {
		own[t], *t = *t, wait
	}
}

// Own gives the product some of its bounds again, for a test of them.
func Own(bounds ...*time.Duration) (restore func()) {
	for _, t := range bounds {
		*t = own[t]
	}
	return func() {
		for _, t := range bounds {
			*t = wait
		}
	}
}
