package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
)

// keeping is what one configuration says of how long things are kept.
type keeping struct {
	retention time.Duration         // zero for ever
	lives     map[string]chat.Lives // of the sites that it serves
}

// Times of the upkeep.
const (
	// upkeepEvery is how often what is too old is deleted.
	upkeepEvery = time.Hour
	// upkeepRetry is how soon that is tried again where there is no store.
	upkeepRetry = time.Minute
	// livesGrace is what sessions and marks are kept beyond their life, since a
	// configuration may be corrected.
	livesGrace = 24 * time.Hour
	// unknownLife is how long they are kept where no running configuration says
	// how long they can be of use: longer than browsers keep any cookie.
	unknownLife = 400 * 24 * time.Hour
	// behindWorth is from when on it is worth a warning that expiry lags.
	behindWorth = 48 * time.Hour
)

// minRetention is the shortest that is of use: it is looked at every hour.
const minRetention = upkeepEvery

// keepBy has what a configuration says of keeping count until forget, and
// begins the upkeep.
func (e *engine) keepBy(k *keeping) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept = append(e.kept, k)
	if e.endUpkeep == nil && !e.ended {
		var ctx context.Context
		ctx, e.endUpkeep = context.WithCancel(context.Background())
		e.upkept = make(chan struct{})
		go e.upkeep(ctx, e.upkept)
		return
	}
	e.wakeUpkeep()
}

func (e *engine) forget(k *keeping) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, other := range e.kept {
		if other == k {
			e.kept = append(e.kept[:i:i], e.kept[i+1:]...)
			e.wakeUpkeep()
			return
		}
	}
}

func (e *engine) wakeUpkeep() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// stopUpkeep ends the upkeep and waits for that for as long as the context goes
// on.
func (e *engine) stopUpkeep(ctx context.Context) {
	e.mu.Lock()
	end, done := e.endUpkeep, e.upkept
	e.mu.Unlock()
	if end == nil {
		return
	}
	end()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// policy is what counts of all configurations that run: on a reload there are
// two for a moment, of which the new one may yet fail, so it is the longer life.
// It reports false where none runs.
func (e *engine) policy() (x chat.Expiry, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	lives := map[string]chat.Lives{}
	for i, k := range e.kept {
		if i == 0 || x.Retention > 0 && (k.retention == 0 || k.retention > x.Retention) {
			x.Retention = k.retention
		}
		for site, l := range k.lives {
			longest := lives[site]
			lives[site] = chat.Lives{Session: max(longest.Session, l.Session+livesGrace), Mark: max(longest.Mark, l.Mark+livesGrace)}
		}
	}
	x.Lives = func(site string) chat.Lives {
		if l, known := lives[site]; known {
			return l
		}
		return chat.Lives{Session: unknownLife, Mark: unknownLife}
	}
	return x, len(e.kept) > 0
}

// upkeep deletes what is too old, at once, every hour, and when what is
// configured changes.
func (e *engine) upkeep(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	var last time.Time // by a clock that nobody sets
	warned := false
	for {
		wait := upkeepEvery
		if policy, ok := e.policy(); ok {
			var passed time.Duration
			if !last.IsZero() {
				passed = time.Since(last)
			}
			gone, behind, err := e.expire(ctx, policy, passed)
			switch {
			case ctx.Err() != nil:
				return
			case errors.Is(err, chat.ErrUnavailable):
				wait = upkeepRetry
			case err != nil:
				e.log.Error("deleting what is too old", "error", err)
			default:
				last = time.Now()
			}
			e.report(gone, behind, &warned)
		}
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
		case <-time.After(wait):
		}
	}
}

// expire is Service.Expire, a panic in which must not take the site down.
func (e *engine) expire(ctx context.Context, x chat.Expiry, passed time.Duration) (gone chat.Expired, behind time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return e.service.Expire(ctx, x, passed)
}

func (e *engine) report(gone chat.Expired, behind time.Duration, warned *bool) {
	if !gone.Nothing() {
		e.log.Info("deleted what was too old", "conversations", len(gone.Conversations), "messages", gone.Messages,
			"people", gone.People, "sessions", gone.Sessions, "marks", gone.Marks)
	}
	if behind > behindWorth && !*warned {
		e.log.Warn("the clock is far ahead of when old chats were last deleted, because the server was off for long, "+
			"or because it is wrong (then set it right): going on with a day of them each hour", "ahead", behind.Round(time.Hour))
	}
	*warned = behind > behindWorth
}
