package endure

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// account is what is known of one conversation: what was said in it, and what
// the server promised of that.
type account struct {
	t    testing.TB
	name string
	read func(context.Context, int) (frame, error) // messages after a number
	// download asks for a file of a message.
	download func(ctx context.Context, seq int, id string) ([]byte, error)

	mu sync.Mutex
	// said is each text by its client id; a text begins with its client id.
	said map[string]string
	// files is what a message was sent with, by its client id.
	files map[string]*file
	// told is what must be in the history: what was acknowledged, and what was
	// delivered to anyone.
	told []told
	// audited counts what was told and found.
	acknowledged, delivered int
	// disordered names who had to send something again after something later.
	disordered map[string]bool

	// What the audit alone knows.
	history []message
	found   map[string]int // by client id
	latest  map[string]string
}

// told is one promise.
type told struct {
	by   string // who heard it
	ack  bool
	seq  int
	cid  string
	text string
}

func newAccount(t testing.TB, name string) *account {
	return &account{t: t, name: name, said: map[string]string{}, files: map[string]*file{}, disordered: map[string]bool{},
		found: map[string]int{}, latest: map[string]string{}}
}

// saying notes what is about to be sent; attaching, with which file.
func (a *account) saying(cid, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said[cid] = text
}

func (a *account) attaching(cid string, f *file) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files[cid] = f
}

// acked notes an acknowledgement; got a delivery.
func (a *account) acked(by, cid string, seq int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.acknowledged++
	a.told = append(a.told, told{by: by, ack: true, seq: seq, cid: cid})
}

func (a *account) got(by string, m message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.delivered++
	a.told = append(a.told, told{by: by, seq: m.Seq, cid: cidOf(m.Text), text: m.Text})
}

func (a *account) disorder(who string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.disordered[who] = true
}

// cidOf is the client id that a text begins with; whoOf is whose that is.
func cidOf(text string) string { cid, _, _ := strings.Cut(text, " "); return cid }
func whoOf(cid string) string  { who, _, _ := strings.Cut(cid, "-"); return who }

// audit reads what has come to the history since the last audit, and holds it
// against all that was promised until now.
func (a *account) audit(ctx context.Context) error {
	a.mu.Lock()
	promises := a.told
	a.told = nil
	a.mu.Unlock()
	for {
		var f frame
		err := again(ctx, func() (err error) {
			f, err = a.read(ctx, len(a.history))
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: reading its history: %w", a.name, err)
		}
		for _, m := range f.Messages {
			err := a.append(m)
			if err == nil {
				err = a.checkFiles(ctx, m)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
		}
		if f.Conversation == nil || f.Conversation.Last <= len(a.history) {
			break
		}
	}
	for _, p := range promises {
		if err := a.check(p); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}

// append takes the next message of the history.
func (a *account) append(m message) error {
	if m.Seq != len(a.history)+1 {
		return fmt.Errorf("after message %d comes %d", len(a.history), m.Seq)
	}
	cid := cidOf(m.Text)
	if at, twice := a.found[cid]; twice {
		return fmt.Errorf("%s is there as %d and as %d", cid, at, m.Seq)
	}
	a.mu.Lock()
	said, known := a.said[cid]
	ordered := !a.disordered[whoOf(cid)]
	a.mu.Unlock()
	if !known || said != m.Text {
		return fmt.Errorf("message %d is %.40q (%d bytes) and was said as %.40q (%d bytes)", m.Seq, m.Text, len(m.Text), said, len(said))
	}
	if m.From == "visitor" && m.CID != cid {
		return fmt.Errorf("message %d has the client id %q, not %q", m.Seq, m.CID, cid)
	}
	if before := a.latest[whoOf(cid)]; ordered && cid < before {
		return fmt.Errorf("%s comes after %s", cid, before)
	}
	a.latest[whoOf(cid)] = cid
	a.found[cid] = m.Seq
	a.history = append(a.history, m)
	return nil
}

// check holds a promise against the history.
func (a *account) check(p told) error {
	at, there := a.found[p.cid]
	switch {
	case p.ack && !there:
		return fmt.Errorf("%s was acknowledged as %d to %s and is lost", p.cid, p.seq, p.by)
	case !there:
		return fmt.Errorf("%s was delivered as %d to %s and is lost", p.cid, p.seq, p.by)
	case at != p.seq:
		return fmt.Errorf("%s was told as %d to %s and is %d", p.cid, p.seq, p.by, at)
	case !p.ack && a.history[at-1].Text != p.text:
		return fmt.Errorf("%s was delivered to %s with another text", p.cid, p.by)
	}
	return nil
}
