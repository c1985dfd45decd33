package whoami

import (
	"strings"
	"time"

	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
)

// Bounds of the answers that a Client keeps: some 600 bytes each and what the
// application says of its people, 10 MB and 16 MiB for each site that is asked
// about.
//
// Beyond them the oldest answers are forgotten, and asked for anew. Several nodes
// may each keep their own: an answer only says what the application said, and what
// it must not be believed for any more stands in marks.
const (
	maxAnswers     = 16384
	maxAnswerBytes = 16 << 20
)

// outcome is what came of a question.
type outcome struct {
	visitor.Answer
	until time.Time // from then on it is asked anew
	size  int       // of what the answer says, in bytes
}

// answers are the outcomes that a client keeps.
type answers struct {
	kept  bounded.Table[questionKey, outcome]
	life  time.Duration
	swept time.Time
}

func newAnswers(life time.Duration) *answers {
	return &answers{life: life, kept: bounded.Table[questionKey, outcome]{
		Max: maxAnswers, MaxWeight: maxAnswerBytes, Weight: func(_ questionKey, o outcome) int { return o.size }}}
}

// get returns the answer to a question that was asked for after a time.
func (a *answers) get(key questionKey, after, now time.Time) (visitor.Answer, bool) {
	o, ok := a.kept.Get(key)
	return o.Answer, ok && o.Asked.After(after) && now.Before(o.until)
}

// put keeps an outcome, unless there is one that was asked for as late.
func (a *answers) put(key questionKey, o outcome, now time.Time) bool {
	a.sweep(now)
	if was, ok := a.kept.Get(key); ok && !o.Asked.After(was.Asked) {
		return false
	}
	a.kept.Put(key, o)
	return true
}

// sweep forgets answers that no longer count, now and then.
func (a *answers) sweep(now time.Time) {
	if now.Sub(a.swept) < a.life {
		return
	}
	a.swept = now
	for key, o := range a.kept.All() {
		if !now.Before(o.until) {
			a.kept.Delete(key)
		}
	}
}

// alone returns a profile whose texts are not parts of longer ones, as of the
// whole answer, and how many bytes they are.
func alone(p chat.Profile) (chat.Profile, int) {
	size := 0
	own := func(text string) string {
		size += len(text)
		return strings.Clone(text)
	}
	for _, f := range chat.ProfileFields() {
		if text := f.Text(&p); text != nil {
			*text = own(*text)
		}
	}
	for i, label := range p.Labels {
		p.Labels[i] = own(label)
	}
	for name, value := range p.Fields {
		p.Fields[name] = own(value)
	}
	return p, size
}
