package chat

import (
	"context"
	"sync"
	"time"
)

// doubts keeps what responses said of who is signed in while the store could
// not say whose session they came with. Somebody else may have signed in by
// then, or nobody be any more, and the session must not open again for that.
type doubts struct {
	mu      sync.Mutex
	entries map[Hash]doubt
	// lost is when it last became too much: what was said until then of the
	// sessions without an entry is not known.
	lost time.Time
}

// doubt is the newest of each kind that was said of a session's token.
type doubt struct {
	somebody, page, probe said
}

// said is what one response said, to a request that arrived then.
type said struct {
	arrived  time.Time
	evidence Evidence
}

// maxDoubts bounds the memory, at some hundred bytes each. Nobody knows yet
// whether the tokens are any; so more than these are not worth remembering, and
// a full table starts anew.
const maxDoubts = 16384

// note keeps what a response says.
func (d *doubts) note(r Request, e Evidence) {
	if r.Token == "" || e.Key() == "" && !e.Page && !e.Probe {
		return // of no session, or nothing
	}
	token := HashOf(r.Token)
	d.mu.Lock()
	defer d.mu.Unlock()
	entry, noted := d.entries[token]
	if d.entries == nil || !noted && len(d.entries) >= maxDoubts {
		if d.entries != nil {
			d.lost = r.Arrived
		}
		d.entries = map[Hash]doubt{}
	}
	kind := &entry.page
	switch {
	case e.Key() != "":
		kind = &entry.somebody
	case e.Probe:
		kind = &entry.probe
	}
	if r.Arrived.After(kind.arrived) {
		*kind = said{r.Arrived, e}
	}
	d.entries[token] = entry
}

// about reports whether something was noted of a token.
func (d *doubts) about(token string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, noted := d.entries[HashOf(token)]
	return noted
}

// of returns what was noted of a token, and until when that may not be all.
func (d *doubts) of(token Hash) (entry doubt, noted bool, lost time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	entry, noted = d.entries[token]
	return entry, noted, d.lost
}

// forget drops what was noted of a token that is none.
func (d *doubts) forget(token Hash) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries, token)
}

// settled forgets what was judged, unless more was noted meanwhile.
func (d *doubts) settled(token Hash, judged doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.entries[token]
	if now.somebody.arrived.Equal(judged.somebody.arrived) && now.page.arrived.Equal(judged.page.arrived) &&
		now.probe.arrived.Equal(judged.probe.arrived) {
		delete(d.entries, token)
	}
}

// resolve ends a session of which something was noted that it does not
// outlast. It opens nothing: with an error it is as if the store could not be
// read.
func (s *Service) resolve(ctx context.Context, site *Site, token Hash, f found) (found, error) {
	d, noted, lost := s.doubts.of(token)
	if !noted && lost.IsZero() {
		return f, nil
	}
	end, err := s.verdict(ctx, site, d, lost, f)
	if err != nil {
		return found{}, err
	}
	if end.Ending != "" {
		_ = s.end(ctx, f, end) // it holds also where it can't be stored
		_ = f.Apply(SessionChange{End: &end})
	}
	if noted {
		s.doubts.settled(token, d)
	}
	return f, nil
}

// verdict is the end that what was said puts to a session, if it does: as of
// then, so that what was said since still counts.
func (s *Service) verdict(ctx context.Context, site *Site, d doubt, lost time.Time, f found) (SessionEnd, error) {
	if !f.Live() || f.Person == "" {
		return SessionEnd{}, nil
	}
	confirmed := f.Created // what was asked before says nothing of the session
	if d.somebody.arrived.After(confirmed) {
		person, err := s.whose(ctx, site, d.somebody.evidence, f, true)
		if err != nil {
			return SessionEnd{}, err
		}
		if person != f.Person {
			return SessionEnd{At: d.somebody.arrived, Ending: EndedBySwitch}, nil
		}
		confirmed = d.somebody.arrived
	}
	for _, nobody := range []said{d.page, d.probe} {
		if nobody.arrived.After(confirmed) && site.speaks(f.Session, nobody.evidence) {
			return SessionEnd{At: nobody.arrived, Ending: EndedByLogout}, nil
		}
	}
	if lost.After(confirmed) && lost.After(f.Evidence) {
		return SessionEnd{At: lost, Ending: EndedByTime}, nil
	}
	return SessionEnd{}, nil
}
