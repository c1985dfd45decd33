package instance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Retention is what one configuration says of how long things are kept.
type Retention struct {
	Period time.Duration         // zero for ever
	Lives  map[string]chat.Lives // of the sites that it serves
}

// Times of the upkeep.
const (
	// maintenanceInterval is how often what is too old is deleted.
	maintenanceInterval = time.Hour
	// maintenanceRetry is how soon that is tried again where there is no store.
	maintenanceRetry = time.Minute
	// lifeGrace is what sessions and marks are kept beyond their life, since a
	// configuration may be corrected.
	lifeGrace = 24 * time.Hour
	// unknownLife is how long they are kept where no running configuration says
	// how long they can be of use: longer than browsers keep any cookie.
	unknownLife = 400 * 24 * time.Hour
	// behindWorth is from when on it is worth a warning that expiry lags.
	behindWorth = 48 * time.Hour
)

// MinRetention is the shortest that is of use: it is looked at every hour.
const MinRetention = maintenanceInterval

// AddRetention has what a configuration says of keeping count until forget, and
// begins the upkeep.
func (e *Instance) AddRetention(k *Retention) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.retentions = append(e.retentions, k)
	if e.cancelMaintenance == nil && !e.ended {
		var ctx context.Context
		ctx, e.cancelMaintenance = context.WithCancel(context.Background())
		e.maintained = make(chan struct{})
		go e.maintain(ctx, e.maintained)
		return
	}
	e.wakeMaintenance()
}

func (e *Instance) RemoveRetention(k *Retention) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, other := range e.retentions {
		if other == k {
			e.retentions = append(e.retentions[:i:i], e.retentions[i+1:]...)
			e.wakeMaintenance()
			return
		}
	}
}

func (e *Instance) wakeMaintenance() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// stopMaintenance ends the upkeep and waits for that for as long as the context goes
// on.
func (e *Instance) stopMaintenance(ctx context.Context) {
	e.mu.Lock()
	end, done := e.cancelMaintenance, e.maintained
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

// expiry is what counts of all configurations that run: on a reload there are
// two for a moment, of which the new one may yet fail, so it is the longer life.
// It reports false where none runs.
func (e *Instance) expiry() (x chat.Expiry, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	lives := map[string]chat.Lives{}
	for i, k := range e.retentions {
		if i == 0 || x.Retention > 0 && (k.Period == 0 || k.Period > x.Retention) {
			x.Retention = k.Period
		}
		for site, l := range k.Lives {
			longest := lives[site]
			lives[site] = chat.Lives{Session: max(longest.Session, l.Session+lifeGrace), Mark: max(longest.Mark, l.Mark+lifeGrace)}
		}
	}
	x.Lives = func(site string) chat.Lives {
		if l, known := lives[site]; known {
			return l
		}
		return chat.Lives{Session: unknownLife, Mark: unknownLife}
	}
	return x, len(e.retentions) > 0
}

// maintain deletes what is too old, at once, every hour, and when what is
// configured changes.
func (e *Instance) maintain(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	var last time.Time // by a clock that nobody sets
	warned := false
	for {
		wait := maintenanceInterval
		if policy, ok := e.expiry(); ok {
			var passed time.Duration
			if !last.IsZero() {
				passed = time.Since(last)
			}
			gone, behind, err := e.expire(ctx, policy, passed)
			switch {
			case ctx.Err() != nil:
				return
			case errors.Is(err, chat.ErrUnavailable):
				wait = maintenanceRetry
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
func (e *Instance) expire(ctx context.Context, x chat.Expiry, passed time.Duration) (gone chat.Expired, behind time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return e.Service.Expire(ctx, x, passed)
}

func (e *Instance) report(gone chat.Expired, behind time.Duration, warned *bool) {
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
