package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
)

// heldEnd is an end that waits for the store, and since when.
type heldEnd struct {
	how  chat.SessionEnd
	held time.Time
}

// addEnd holds back an end. The first one of a session is the one that counts.
func (l *ledger) addEnd(id chat.SessionID, how chat.SessionEnd, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, held := l.ends.Get(id); !held {
		l.ends.Put(id, heldEnd{how, now})
	}
}

// endOf returns how a session has ended whose end is held back.
func (l *ledger) endOf(id chat.SessionID) (chat.SessionEnd, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, held := l.ends.Get(id)
	return e.how, held
}

// allEnds returns those that wait.
func (l *ledger) allEnds() map[chat.SessionID]chat.SessionEnd {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make(map[chat.SessionID]chat.SessionEnd, l.ends.Len())
	for id, e := range l.ends.All() {
		list[id] = e.how
	}
	return list
}

// endStored forgets an end that is stored now. Before it does, it calls
// handOver.
func (l *ledger) endStored(id chat.SessionID, handOver func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, held := l.ends.Get(id); held {
		handOver()
		l.ends.Delete(id)
	}
}

// end ends a session for good and publishes that to its connections. Where that
// can't be stored, a login has not happened yet, but any other end holds in this
// process: whoever has the browser now must not find the chat open.
func (r *Registry) end(ctx context.Context, f found, how chat.SessionEnd) error {
	p := f.pending
	if p == nil {
		p = r.ledger.pendingByID(f.ID)
	}
	if p != nil {
		r.ledger.closeJoin(p)
		attempted := p.end(how)
		r.changes.Add(1) // from now on it can be read
		if attempted && !p.storing.TryLock() {
			// It is being stored now. Nobody waits for that.
			r.deferEnd(f.ID, how)
			r.publishEnd(f.ID, how.Ending)
			return nil
		}
		if !attempted {
			r.publishEnd(f.ID, how.Ending)
			return nil
		}
		defer p.storing.Unlock()
	}
	st, err := r.open()
	if err == nil {
		err = r.storeEnd(ctx, st, f.ID, how)
	}
	if err != nil {
		if how.Ending == chat.EndedByLogin {
			return err
		}
		r.deferEnd(f.ID, how)
	}
	r.publishEnd(f.ID, how.Ending)
	return err
}

// deferEnd makes an end count that could not be stored.
func (r *Registry) deferEnd(id chat.SessionID, how chat.SessionEnd) {
	r.ledger.addEnd(id, how, r.now())
	r.flushLater()
}

// errStoring means that a session is just being stored, and its end has to wait.
var errStoring = fmt.Errorf("%w: the session is being stored", chat.ErrUnavailable)

// storeHeldEnd stores an end later than it happened.
func (r *Registry) storeHeldEnd(ctx context.Context, st Store, id chat.SessionID, how chat.SessionEnd) error {
	if p := r.ledger.pendingByID(id); p != nil {
		if !p.storing.TryLock() {
			return errStoring
		}
		defer p.storing.Unlock()
	}
	return r.storeEnd(ctx, st, id, how)
}

// storeEnd stores the end of a session that nobody is about to store. That the
// store does not know it is as good: what was tried before has failed then.
func (r *Registry) storeEnd(ctx context.Context, st Store, id chat.SessionID, how chat.SessionEnd) error {
	if _, err := st.ChangeSession(ctx, id, chat.SessionChange{End: &how}); err != nil && !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	// Who has read the session before it was stored as ended must not take the
	// absence of a held end for a session that lives.
	r.ledger.endStored(id, func() { r.handovers.Add(1) })
	return nil
}
