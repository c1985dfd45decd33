package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap/exp/zapslog"

	"github.com/parley-chat/parley/api"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
)

// engines outlive configurations: on a reload the new one is provisioned and
// started before the old one stops, and neither the store's directory nor the
// visitors' sockets exist twice.
var engines = caddy.NewUsagePool()

// engine is what runs once for each store: the store itself, the service over
// it, and the live connections.
type engine struct {
	opener  StoreOpener
	log     *slog.Logger
	hub     *hub.Hub
	service *service.Service
	live    *api.Live
	limit   api.Limiter
	limits  *api.Limits

	begin  sync.Once
	first  chan struct{} // closed when opening was tried once, or takes too long
	opened sync.Once     // closes first
	cancel context.CancelFunc
	done   chan struct{} // closed when nothing opens any more

	// opening is held while the store's directory is opened, or is read without.
	opening sync.Mutex

	mu          sync.Mutex
	store       chat.Store
	ended       bool
	err         error          // a plain ErrUnavailable while opening is under way
	directories []*directory   // of the configurations that run; the last one counts
	sites       map[string]int // how many handlers serve each site

	// Of the upkeep, see upkeep.go.
	kept      []*keeping // by the configurations that run
	wake      chan struct{}
	endUpkeep context.CancelFunc
	upkept    chan struct{} // closed when it has ended
}

// Bounds of the wait between two attempts at opening the store.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// patience is how long the first to ask wait for the store to be opened. A
// disk that hangs must not hold up the sites for longer.
const patience = time.Second

// stopTime is how long the end may take in all. A store that works is settled
// and closed within; who stops the server does not wait for a broken disk. It
// is longer than visitors have to take their leave.
var stopTime = 2 * time.Second

// engineLogger logs independently of any one configuration.
func engineLogger() *slog.Logger {
	// Errors are about disks and configurations; a stack trace says nothing of
	// these. Where there was a panic, the line has its stack.
	never := zapslog.AddStacktraceAt(slog.Level(math.MaxInt))
	return slog.New(zapslog.NewHandler(caddy.Log().Core(), zapslog.WithName("chat"), never))
}

func newEngine(opener StoreOpener, log *slog.Logger) *engine {
	e := &engine{opener: opener, log: log, hub: hub.New(), first: make(chan struct{}), done: make(chan struct{}),
		sites: map[string]int{}, err: chat.ErrUnavailable, wake: make(chan struct{}, 1)}
	e.service = service.New(e.open, e.hub, log)
	e.live = api.NewLive(log)
	e.limits = api.NewLimits(log)
	return e
}

// open returns the store or why there is none. The first call opens it, and
// waits for the outcome for as long as patience; from then on opening goes on
// in the background until it works.
func (e *engine) open() (chat.Store, error) {
	e.begin.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		e.mu.Lock()
		e.cancel = cancel
		e.mu.Unlock()
		time.AfterFunc(patience, e.stopWaiting)
		go e.keepOpening(ctx)
	})
	<-e.first
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.store, e.err
}

// stopWaiting lets those go on who wait for the first attempt.
func (e *engine) stopWaiting() { e.opened.Do(func() { close(e.first) }) }

func (e *engine) keepOpening(ctx context.Context) {
	defer close(e.done)
	var last string
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		began := time.Now()
		store, err := e.attempt(ctx)
		if !e.keep(store, err) {
			return
		}
		e.stopWaiting()
		late := last != "" || time.Since(began) > patience
		switch {
		case err == nil && late:
			e.log.Info("the chat is available again")
		case err != nil && late && err.Error() != last:
			e.log.Error("the chat is still unavailable", "error", err)
		}
		if err == nil {
			return
		}
		last = err.Error()
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// keep takes the outcome of an attempt, and closes a store that comes too late.
func (e *engine) keep(store chat.Store, err error) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		if store != nil {
			_ = store.Close() // nothing was done with it
		}
		return false
	}
	e.store, e.err = store, err
	return true
}

// attempt opens the store once. A panic in it must not take the site down.
func (e *engine) attempt(ctx context.Context) (store chat.Store, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("opening the store: panic: %v", p)
		}
		if err != nil && !errors.Is(err, chat.ErrUnavailable) {
			err = &unavailableError{err}
		}
	}()
	e.mu.Lock()
	opener := e.opener
	e.mu.Unlock()
	e.opening.Lock()
	defer e.opening.Unlock()
	return opener.OpenStore(ctx, e.log)
}

// checkUnopened checks a store that does not open for its damage, which is why.
func (e *engine) checkUnopened(why error) func(context.Context, func(chat.Progress)) (chat.Check, error) {
	return func(ctx context.Context, report func(chat.Progress)) (chat.Check, error) {
		e.mu.Lock()
		c, ok := e.opener.(StoreChecker)
		e.mu.Unlock()
		if !ok {
			return chat.Check{}, why
		}
		e.opening.Lock() // else each would find the directory in use
		defer e.opening.Unlock()
		return c.CheckStore(ctx, report)
	}
}

// use makes the opener of the newest configuration the one that is tried from
// now on. A store that is open stays as it is.
func (e *engine) use(opener StoreOpener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opener = opener
}

// unavailableError is any failure to open the store.
type unavailableError struct{ error }

func (e *unavailableError) Unwrap() []error { return []error{e.error, chat.ErrUnavailable} }

// Destruct ends everything; the visitors' widgets come back to whichever
// server is there next. It takes no longer than stopTime: what a store has not
// done by then was never acknowledged.
func (e *engine) Destruct() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	left := inBackground(func() error { e.live.Close(); return nil })
	e.begin.Do(func() { e.stopWaiting(); close(e.done) }) // never opened: nobody may open it now
	e.mu.Lock()
	if e.cancel != nil {
		e.cancel()
	}
	e.mu.Unlock()
	select {
	case <-e.done:
	case <-ctx.Done():
	}
	e.stopUpkeep(ctx)
	err := within(ctx, left)
	if err == nil {
		err = e.service.Settle(ctx)
	}
	if err != nil {
		e.log.Warn("stopping before all was settled: the chat's store does not answer", "error", err)
	}
	e.mu.Lock()
	store := e.store
	e.store, e.err, e.ended = nil, chat.ErrUnavailable, true
	e.mu.Unlock()
	if store == nil {
		return nil
	}
	if err := within(ctx, inBackground(store.Close)); err != nil {
		return fmt.Errorf("closing the chat's store: %w", err)
	}
	return nil
}

// inBackground runs f and returns where its outcome comes.
func inBackground(f func() error) <-chan error {
	outcome := make(chan error, 1)
	go func() { outcome <- f() }()
	return outcome
}

// within waits for an outcome for as long as the context goes on.
func within(ctx context.Context, outcome <-chan error) error {
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enter makes the agents of a configuration, and whether it has limits, count
// until leave.
func (e *engine) enter(d *directory) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.directories = append(e.directories, d)
	e.limits.Enable(!d.unlimited)
}

func (e *engine) leave(d *directory) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.directories = slices.DeleteFunc(e.directories, func(other *directory) bool { return other == d })
	if n := len(e.directories); n > 0 {
		e.limits.Enable(!e.directories[n-1].unlimited)
	}
}

// addSite notes that a handler serves a site; dropSite that one no longer does.
// The sockets of a site that no handler serves any more are closed.
func (e *engine) addSite(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sites[name]++
}

func (e *engine) dropSite(name string) {
	e.mu.Lock()
	e.sites[name]--
	last := e.sites[name] == 0
	if last {
		delete(e.sites, name)
	}
	// Where no configuration runs any more the whole server goes, and its
	// visitors are told to come back.
	gone := last && len(e.directories) > 0
	e.mu.Unlock()
	if gone {
		e.hub.Everyone(chat.Event{Kind: chat.EventGone, Site: name})
	}
}

func (e *engine) siteNames() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.sites))
}

// agents returns the directory that counts.
func (e *engine) agents() *directory {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.directories) == 0 {
		return &directory{}
	}
	return e.directories[len(e.directories)-1]
}

// Agent, Verify and List make the engine chat.Agents, by the configuration
// that runs now: a socket that outlived a reload must not know agents who were
// taken out.
func (e *engine) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	return e.agents().Agent(email)
}

// Verify checks a password.
func (e *engine) Verify(email, password string) bool { return e.agents().Verify(email, password) }

// List returns all agents.
func (e *engine) List() []chat.AgentInfo { return e.agents().List() }

var _ chat.Agents = (*engine)(nil)
