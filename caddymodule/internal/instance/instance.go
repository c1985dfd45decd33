package instance

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
	"github.com/parley-chat/parley/caddymodule/internal/agents"
	"github.com/parley-chat/parley/caddymodule/internal/store"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/timeouts"
)

// Pool outlive configurations: on a reload the new one is provisioned and
// started before the old one stops, and neither the store's directory nor the
// visitors' sockets exist twice.
var Pool = caddy.NewUsagePool()

// Instance is what runs once for each store: the store itself, the service over
// it, and the live connections.
type Instance struct {
	opener  store.Opener
	log     *slog.Logger
	hub     *chat.Hub
	Service *chat.Service
	Live    *api.Live
	Limit   api.Limiter
	Limits  *api.Limits

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
	err         error               // a plain ErrUnavailable while opening is under way
	directories []*agents.Directory // of the configurations that run; the last one counts
	sites       map[string]int      // how many handlers serve each site

	// Of the upkeep, see upkeep.go.
	retentions        []*Retention // by the configurations that run
	wake              chan struct{}
	cancelMaintenance context.CancelFunc
	maintained        chan struct{} // closed when it has ended
}

// Bounds of the wait between two attempts at opening the store.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// openTimeout is how long the first to ask wait for the store to be opened. A
// disk that hangs must not hold up the sites for longer.
const openTimeout = time.Second

// Logger logs independently of any one configuration.
func Logger() *slog.Logger {
	// Errors are about disks and configurations; a stack trace says nothing of
	// these. Where there was a panic, the line has its stack.
	never := zapslog.AddStacktraceAt(slog.Level(math.MaxInt))
	return slog.New(zapslog.NewHandler(caddy.Log().Core(), zapslog.WithName("chat"), never))
}

func New(opener store.Opener, log *slog.Logger) *Instance {
	e := &Instance{opener: opener, log: log, hub: chat.NewHub(), first: make(chan struct{}), done: make(chan struct{}),
		sites: map[string]int{}, err: chat.ErrUnavailable, wake: make(chan struct{}, 1)}
	e.Service = chat.NewService(e.Open, e.hub, log)
	e.Live = api.NewLive(log)
	e.Limits = api.NewLimits(log)
	return e
}

// Open returns the store or why there is none. The first call opens it, and
// waits for the outcome for as long as patience; from then on opening goes on
// in the background until it works.
func (e *Instance) Open() (chat.Store, error) {
	e.begin.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		e.mu.Lock()
		e.cancel = cancel
		e.mu.Unlock()
		time.AfterFunc(openTimeout, e.stopWaiting)
		go e.openUntilDone(ctx)
	})
	<-e.first
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.store, e.err
}

// stopWaiting lets those go on who wait for the first attempt.
func (e *Instance) stopWaiting() { e.opened.Do(func() { close(e.first) }) }

func (e *Instance) openUntilDone(ctx context.Context) {
	defer close(e.done)
	var last string
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		began := time.Now()
		store, err := e.attempt(ctx)
		if !e.setStore(store, err) {
			return
		}
		e.stopWaiting()
		late := last != "" || time.Since(began) > openTimeout
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

// setStore takes the outcome of an attempt, and closes a store that comes too late.
func (e *Instance) setStore(store chat.Store, err error) bool {
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
func (e *Instance) attempt(ctx context.Context) (store chat.Store, err error) {
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

// CheckUnopened checks a store that does not open for its damage, which is why.
func (e *Instance) CheckUnopened(why error) func(context.Context, func(chat.Progress)) (chat.Check, error) {
	return func(ctx context.Context, report func(chat.Progress)) (chat.Check, error) {
		e.mu.Lock()
		c, ok := e.opener.(store.Checker)
		e.mu.Unlock()
		if !ok {
			return chat.Check{}, why
		}
		e.opening.Lock() // else each would find the directory in use
		defer e.opening.Unlock()
		return c.CheckStore(ctx, report)
	}
}

// SetOpener makes the opener of the newest configuration the one that is tried from
// now on. A store that is open stays as it is.
func (e *Instance) SetOpener(opener store.Opener) {
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
func (e *Instance) Destruct() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeouts.Stop)
	defer cancel()
	left := inBackground(func() error { e.Live.Close(); return nil })
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
	e.stopMaintenance(ctx)
	err := within(ctx, left)
	if err == nil {
		err = e.Service.Settle(ctx)
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

// AddAgents makes the agents of a configuration, and whether it has limits, count
// until leave.
func (e *Instance) AddAgents(d *agents.Directory) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.directories = append(e.directories, d)
	e.Limits.Enable(!d.Unlimited)
}

func (e *Instance) RemoveAgents(d *agents.Directory) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.directories = slices.DeleteFunc(e.directories, func(other *agents.Directory) bool { return other == d })
	if n := len(e.directories); n > 0 {
		e.Limits.Enable(!e.directories[n-1].Unlimited)
	}
}

// AddSite notes that a handler serves a site; dropSite that one no longer does.
// The sockets of a site that no handler serves any more are closed.
func (e *Instance) AddSite(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sites[name]++
}

func (e *Instance) DropSite(name string) {
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

func (e *Instance) SiteNames() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.sites))
}

// agents returns the directory that counts.
func (e *Instance) agents() *agents.Directory {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.directories) == 0 {
		return &agents.Directory{}
	}
	return e.directories[len(e.directories)-1]
}

// Agent, Verify and List make the engine chat.Agents, by the configuration
// that runs now: a socket that outlived a reload must not know agents who were
// taken out.
func (e *Instance) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	return e.agents().Agent(email)
}

// Verify checks a password.
func (e *Instance) Verify(email, password string) bool { return e.agents().Verify(email, password) }

// List returns all agents.
func (e *Instance) List() []chat.AgentInfo { return e.agents().List() }

var _ chat.Agents = (*Instance)(nil)
