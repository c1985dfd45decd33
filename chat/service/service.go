package service

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
)

// Service decides: who a visitor is, which conversation they may read, what
// becomes of what they write. It is safe for concurrent use, and there is one
// for each store.
type Service struct {
	open func() (chat.Store, error)
	hub  *hub.Hub
	log  *slog.Logger
	now  func() time.Time

	work    chan struct{} // bounds what runs in the background
	running sync.WaitGroup
	touched touches

	confirmed confirmed
	pending   pendingSessions
	fence     logoutFence
	deferred  deferredEvidence
	ends      deferredEnds
	decisions locks

	// handovers counts how often something that decided in memory was left to
	// the store. Who reads the store and then memory, and finds that it moved
	// meanwhile, has seen neither, and reads again.
	handovers atomic.Uint64
}

// maxBackground bounds writes that nobody waits for, such as when a browser
// was last heard of. Beyond it they are left out: the next contact brings them
// again.
const maxBackground = 64

// touchEvery is how exactly times of contact are kept. Each costs a write.
const touchEvery = time.Minute

// backgroundTime bounds one write that nobody waits for.
const backgroundTime = 10 * time.Second

// New returns a service over a store that may not be there yet: open
// returns it, or an error that wraps ErrUnavailable, at once in both cases.
func New(open func() (chat.Store, error), hub *hub.Hub, log *slog.Logger) *Service {
	return &Service{open: open, hub: hub, log: log, now: time.Now,
		work: make(chan struct{}, maxBackground), touched: touches{at: map[string]time.Time{}},
		deferred: deferredEvidence{judging: make(chan struct{}, 1)}}
}

// Hub returns the hub that the service tells its events.
func (s *Service) Hub() *hub.Hub { return s.hub }

// Wait returns when nothing runs in the background any more.
func (s *Service) Wait() { s.running.Wait() }

// Settle stores the sessions that evidence has made and no browser has shown
// yet, and the ends that could not be stored when they happened, if the store
// is there: the server is about to stop. It returns when nothing runs in the
// background any more, or with the context's error when that is over: a store
// that hangs does not keep the server from stopping.
func (s *Service) Settle(ctx context.Context) error {
	s.stopFlushing()
	if err := s.idle(ctx); err != nil {
		return err
	}
	st, err := s.open()
	if err != nil {
		s.reportUnstored(err)
		return nil // without a store there is nothing to settle
	}
	for _, p := range s.pending.all() {
		select {
		case s.work <- struct{}{}: // as many at a time as may run
		case <-ctx.Done():
			return ctx.Err()
		}
		s.running.Go(func() {
			defer func() { <-s.work }()
			if err := s.save(ctx, st, p); err != nil {
				s.log.Warn("storing a session before the end", "error", err)
			}
		})
	}
	if err := s.idle(ctx); err != nil {
		s.reportUnstored(err)
		return err
	}
	s.reportUnstored(s.flush(ctx))
	return nil
}

// reportUnstored says what a restart forgets, if it forgets something.
func (s *Service) reportUnstored(why error) {
	ends, tokens := s.ends.len(), s.deferred.len()
	if ends+tokens > 0 {
		s.log.Error("logouts could not be stored before the end: after the next start their cookies open their chats again",
			"sessions", ends, "tokens", tokens, "error", why)
	}
}

// idle is Wait, for as long as the context goes on.
func (s *Service) idle(ctx context.Context) error {
	idle := make(chan struct{})
	go func() { s.running.Wait(); close(idle) }()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// background runs a write that nobody waits for. It reports false if too many
// run already.
func (s *Service) background(what string, f func(context.Context, chat.Store) error) bool {
	select {
	case s.work <- struct{}{}:
	default:
		return false
	}
	s.running.Go(func() {
		defer func() { <-s.work }()
		st, err := s.open()
		if err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), backgroundTime)
			defer cancel()
			err = f(ctx, st)
		}
		if err != nil && !errors.Is(err, chat.ErrEnded) && !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrUnavailable) {
			s.log.Warn("writing in the background", "what", what, "error", err)
		}
	})
	return true
}

// touch runs a background write that is due once in touchEvery for each key.
func (s *Service) touch(key, what string, f func(context.Context, chat.Store) error) {
	if s.touched.due(key, s.now()) && !s.background(what, f) {
		s.touched.forget(key)
	}
}

// touches remembers what was lately written down as heard of, so that a busy
// browser costs one write a minute.
type touches struct {
	mu sync.Mutex
	at map[string]time.Time
}

// maxTouches bounds the memory of touches; a full one starts anew.
const maxTouches = 65536

// forget makes key due again.
func (t *touches) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, key)
}

// due reports whether key was not touched within touchEvery, and touches it.
func (t *touches) due(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.at[key]) < touchEvery {
		return false
	}
	if len(t.at) >= maxTouches {
		clear(t.at)
	}
	t.at[key] = now
	return true
}
