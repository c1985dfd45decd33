package instance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-chat/parley/caddymodule/internal/store"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/internal/timeouts"
)

// opening opens the store, and tries again until it works.
type opening struct {
	log *slog.Logger

	begin sync.Once
	// first is closed when opening was tried once, or takes too long.
	first  chan struct{}
	opened sync.Once // closes first
	done   chan struct{}

	// directory is held while the store's directory is opened, or is read
	// without.
	directory sync.Mutex

	mu     sync.Mutex
	opener store.Opener
	cancel context.CancelFunc
	store  chat.Store
	err    error // a plain ErrUnavailable while opening is under way
	ended  bool
}

// Bounds of the wait between two attempts at opening the store.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

func (o *opening) init(opener store.Opener, log *slog.Logger) {
	o.opener, o.log, o.err = opener, log, chat.ErrUnavailable
	o.first, o.done = make(chan struct{}), make(chan struct{})
}

// Open returns the store or why there is none. The first call opens it, and
// waits for the outcome for as long as timeouts.Open; from then on opening goes on
// in the background until it works.
func (o *opening) Open() (chat.Store, error) {
	o.begin.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		o.mu.Lock()
		o.cancel = cancel
		o.mu.Unlock()
		time.AfterFunc(timeouts.Open, o.stopWaiting)
		go o.openUntilDone(ctx)
	})
	<-o.first
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.store, o.err
}

// stopWaiting lets those go on who wait for the first attempt.
func (o *opening) stopWaiting() { o.opened.Do(func() { close(o.first) }) }

func (o *opening) openUntilDone(ctx context.Context) {
	defer close(o.done)
	var last string
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		began := time.Now()
		opened, err := o.attempt(ctx)
		if !o.set(opened, err) {
			return
		}
		o.stopWaiting()
		late := last != "" || time.Since(began) > timeouts.Open
		switch {
		case err == nil && late:
			o.log.Info("the chat is available again")
		case err != nil && late && err.Error() != last:
			o.log.Error("the chat is still unavailable", "error", err)
		}
		if err == nil {
			o.describeStore(ctx, opened)
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

// describeStore logs what was opened: where, and how much. It reads much of a large
// store, so it is done in the background, and once: a reload opens nothing.
func (o *opening) describeStore(ctx context.Context, opened chat.Store) {
	defer panics.Log(o.log, "counting what is in the store")
	s, err := opened.Stats(ctx)
	if err != nil {
		return // nothing waits for it, and whoever uses the store hears why
	}
	o.log.Info("the chat's store is open", "path", s.Path, "conversations", s.Conversations, "messages", s.Messages,
		"bytes_on_disk", s.BytesOnDisk, "bytes_free", s.BytesFree, "schema", s.Schema, "encrypted", s.Encrypted)
}

// set takes the outcome of an attempt, and closes a store that comes too late.
func (o *opening) set(opened chat.Store, err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		if opened != nil {
			_ = opened.Close() // nothing was done with it
		}
		return false
	}
	o.store, o.err = opened, err
	return true
}

// attempt opens the store once. A panic in it must not take the site down.
func (o *opening) attempt(ctx context.Context) (opened chat.Store, err error) {
	defer func() {
		if err != nil && !errors.Is(err, chat.ErrUnavailable) {
			err = &unavailableError{err}
		}
	}()
	defer panics.Handle(func(p *panics.Panic) { err = fmt.Errorf("opening the store: %w", p) })
	o.mu.Lock()
	opener := o.opener
	o.mu.Unlock()
	o.directory.Lock()
	defer o.directory.Unlock()
	return opener.OpenStore(ctx, o.log)
}

// CheckUnopened checks a store that does not open for its damage, which is why.
func (o *opening) CheckUnopened(why error) func(context.Context, func(chat.Progress)) (chat.Check, error) {
	return func(ctx context.Context, report func(chat.Progress)) (chat.Check, error) {
		o.mu.Lock()
		c, ok := o.opener.(store.Checker)
		o.mu.Unlock()
		if !ok {
			return chat.Check{}, why
		}
		o.directory.Lock() // else each would find the directory in use
		defer o.directory.Unlock()
		return c.CheckStore(ctx, report)
	}
}

// SetOpener makes the opener of the newest configuration the one that is tried
// from now on. A store that is open stays as it is.
func (o *opening) SetOpener(opener store.Opener) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opener = opener
}

// stopOpening ends the attempts, and waits for that for as long as the context
// goes on.
func (o *opening) stopOpening(ctx context.Context) {
	o.begin.Do(func() { o.stopWaiting(); close(o.done) }) // never opened: nobody may open it now
	o.mu.Lock()
	if o.cancel != nil {
		o.cancel()
	}
	o.mu.Unlock()
	select {
	case <-o.done:
	case <-ctx.Done():
	}
}

// take takes the store away for good, to be closed. It is nil where none was
// opened.
func (o *opening) take() (opened chat.Store) {
	o.mu.Lock()
	defer o.mu.Unlock()
	opened, o.store, o.err, o.ended = o.store, nil, chat.ErrUnavailable, true
	return opened
}

// unavailableError is any failure to open the store.
type unavailableError struct{ error }

// Unwrap makes it chat.ErrUnavailable, and what it is.
func (e *unavailableError) Unwrap() []error { return []error{e.error, chat.ErrUnavailable} }
