package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

const (
	// maxDeferredEnds bounds the ends that wait for the store, at some 200
	// bytes each. Only sessions that the store knows have one.
	maxDeferredEnds = 65536
	// flushFirst and flushMost are how long it takes until what is deferred is
	// tried again.
	flushFirst = time.Second
	flushMost  = 30 * time.Second
	// flushAtOnce is how many ends are stored at a time.
	flushAtOnce = 32
)

// deferredEnds are the ends of sessions that could not be stored when they
// happened, or of which that is not known. They count all the same. When there
// are too many, one more counts as lost; see deferredEvidence.
//
// Several nodes: a node that can't write can't tell the others either. They
// must not open a session that another may have ended, which they know only
// once it has appended the end, or is gone.
type deferredEnds struct {
	mu      sync.Mutex
	entries map[chat.SessionID]chat.SessionEnd

	timer   *time.Timer // runs flush; nil while nothing is due
	wait    time.Duration
	stopped bool
}

// add defers an end. It reports false if there is no room.
func (d *deferredEnds) add(id chat.SessionID, how chat.SessionEnd) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.entries == nil {
		d.entries = map[chat.SessionID]chat.SessionEnd{}
	}
	if _, deferred := d.entries[id]; deferred {
		return true // the first end is the one that counts
	}
	if len(d.entries) >= maxDeferredEnds {
		return false
	}
	d.entries[id] = how
	return true
}

// of returns how a session has ended whose end is deferred.
func (d *deferredEnds) of(id chat.SessionID) (chat.SessionEnd, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	how, deferred := d.entries[id]
	return how, deferred
}

// all returns those that wait.
func (d *deferredEnds) all() map[chat.SessionID]chat.SessionEnd {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make(map[chat.SessionID]chat.SessionEnd, len(d.entries))
	for id, how := range d.entries {
		list[id] = how
	}
	return list
}

func (d *deferredEnds) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.entries)
}

// remove forgets an end that is stored now. Before it does, it calls leave.
func (d *deferredEnds) remove(id chat.SessionID, leave func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, deferred := d.entries[id]; deferred {
		leave()
		delete(d.entries, id)
	}
}

// deferEnd makes an end count that could not be stored.
func (s *Service) deferEnd(id chat.SessionID, how chat.SessionEnd) {
	if !s.ends.add(id, how) {
		s.deferred.lose(how.At)
	}
	s.flushLater()
}

// errStoring means that a session is just being stored, and its end has to wait.
var errStoring = fmt.Errorf("%w: the session is being stored", chat.ErrUnavailable)

// storeDeferredEnd stores an end later than it happened.
func (s *Service) storeDeferredEnd(ctx context.Context, st chat.Store, id chat.SessionID, how chat.SessionEnd) error {
	if p := s.pending.byID(id); p != nil {
		if !p.storing.TryLock() {
			return errStoring
		}
		defer p.storing.Unlock()
	}
	_, err := s.storeEnd(ctx, st, id, how)
	return err
}

// storeEnd stores the end of a session that nobody is about to store. That the
// store does not know it is as good: what was tried before has failed then.
func (s *Service) storeEnd(ctx context.Context, st chat.Store, id chat.SessionID, how chat.SessionEnd) (chat.Session, error) {
	session, err := st.ChangeSession(ctx, id, chat.SessionChange{End: &how})
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return chat.Session{}, err
	}
	// Who has read the session before it was stored as ended must not take the
	// absence of a deferred end for a session that lives.
	s.ends.remove(id, func() { s.handovers.Add(1) })
	return session, nil
}

// flushLater has what is deferred stored as soon as the store can be used,
// whether or not anybody asks for it before.
func (s *Service) flushLater() {
	d := &s.ends
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil || d.stopped {
		return
	}
	d.wait = min(max(2*d.wait, flushFirst), flushMost)
	d.timer = time.AfterFunc(d.wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if !d.stopped { // else somebody may be waiting already for what runs
			s.running.Go(s.flushDue)
		}
	})
}

// flushDue is a flush that flushLater has planned.
func (s *Service) flushDue() {
	ctx, cancel := context.WithTimeout(context.Background(), backgroundTime)
	defer cancel()
	err := s.flush(ctx)
	d := &s.ends
	d.mu.Lock()
	d.timer = nil
	if err == nil {
		d.wait = 0
	}
	more := len(d.entries) > 0 // some came meanwhile
	d.mu.Unlock()
	if err != nil || more || s.deferred.len() > 0 {
		s.flushLater()
	}
}

// stopFlushing ends flushLater for good.
func (s *Service) stopFlushing() {
	s.ends.mu.Lock()
	defer s.ends.mu.Unlock()
	s.ends.stopped = true
	if s.ends.timer != nil {
		s.ends.timer.Stop()
	}
}

// flush stores all that is deferred, and returns one of the errors if it can't.
func (s *Service) flush(ctx context.Context) error {
	st, err := s.open()
	if err != nil {
		return err
	}
	failed := s.reconcile(ctx) // of which the ends that are known need not wait
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		turns = make(chan struct{}, flushAtOnce)
	)
	for id, how := range s.ends.all() {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			if err := s.storeDeferredEnd(ctx, st, id, how); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = err
			}
		})
	}
	all.Wait()
	return failed
}
