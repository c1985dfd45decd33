package chat

import (
	"context"
	"sync"
)

// doubts keeps what pages said of who is signed in while the store could not
// say whose session they came with. Somebody else may have signed in by then,
// or nobody be any more, and the session must not open again for that.
type doubts struct {
	mu      sync.Mutex
	entries map[Hash]doubt
}

// doubt is the newest that was said of a session's token.
type doubt struct {
	request  Request
	evidence Evidence
}

// maxDoubts bounds the memory, at some hundred bytes each. What comes then is
// not kept: the store has been away for so many browsers.
const maxDoubts = 65536

// note keeps what a response says, unless something newer is kept already.
func (d *doubts) note(r Request, e Evidence) {
	if e.Key() == "" && !e.Page {
		return // it says nothing
	}
	token := HashOf(r.Token)
	d.mu.Lock()
	defer d.mu.Unlock()
	before, noted := d.entries[token]
	if noted && before.request.Arrived.After(r.Arrived) || !noted && len(d.entries) >= maxDoubts {
		return
	}
	if d.entries == nil {
		d.entries = map[Hash]doubt{}
	}
	d.entries[token] = doubt{r, e}
}

// about reports whether something was noted of a token.
func (d *doubts) about(token string) bool {
	_, noted := d.of(HashOf(token))
	return noted
}

// of returns what was noted of a token.
func (d *doubts) of(token Hash) (doubt, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept, noted := d.entries[token]
	return kept, noted
}

func (d *doubts) forget(token Hash) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries, token)
}

// resolve ends a session of which something was noted that it does not
// outlast. It opens nothing: with an error it is as if the store could not be
// read.
func (s *Service) resolve(ctx context.Context, site *Site, token Hash, f found) (found, error) {
	d, noted := s.doubts.of(token)
	if !noted {
		return f, nil
	}
	how, err := s.verdict(ctx, site, d, f)
	if err != nil {
		return found{}, err
	}
	if how != "" {
		// Not now: what was said since then still counts.
		end := SessionEnd{At: d.request.Arrived, Ending: how}
		_ = s.end(ctx, f, end) // it holds also where it can't be stored
		_ = f.Apply(SessionChange{End: &end})
	}
	s.doubts.forget(token)
	return f, nil
}

// verdict is how what was said ends the session; empty if it does not.
func (s *Service) verdict(ctx context.Context, site *Site, d doubt, f found) (Ending, error) {
	if !f.Live() || f.Person == "" || !d.request.Arrived.After(f.Created) {
		return "", nil
	}
	if d.evidence.Key() == "" {
		if site.pagesMustSpeak(f.Session) {
			return EndedByLogout, nil
		}
		return "", nil
	}
	person, err := s.whose(ctx, site, d.evidence, f, true)
	if err != nil || person == f.Person {
		return "", err
	}
	return EndedBySwitch, nil
}
