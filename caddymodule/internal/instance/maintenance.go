package instance

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
	"github.com/parley-chat/parley/internal/panics"
)

// Retention is what one configuration says of how long things are kept.
type Retention struct {
	// Period is how long a conversation is kept; zero means for ever.
	Period time.Duration
	// Lives are those of what belongs to a visitor, by the sites that it serves.
	Lives map[string]chat.Lives
}

// maintenance deletes what is too old.
type maintenance struct {
	service *service.Service
	log     *slog.Logger
	wake    chan struct{}

	mu         sync.Mutex
	retentions []*Retention // of the configurations that run
	cancel     context.CancelFunc
	done       chan struct{} // closed when it has ended
	stopped    bool
}

// Times of the maintenance.
const (
	// maintenanceInterval is how often what is too old is deleted.
	maintenanceInterval = time.Hour
	// maintenanceRetry is how soon that is tried again where there is no store.
	maintenanceRetry = time.Minute
	// lifeGrace is what sessions and tab secrets are kept beyond their life, since a
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

// AddRetention has what a configuration says of retention count until
// RemoveRetention, and begins the maintenance.
func (m *maintenance) AddRetention(k *Retention) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retentions = append(m.retentions, k)
	if m.cancel == nil && !m.stopped {
		var ctx context.Context
		ctx, m.cancel = context.WithCancel(context.Background())
		m.done = make(chan struct{})
		go m.run(ctx, m.done)
		return
	}
	m.wakeUp()
}

// RemoveRetention gives way to the configuration that comes or was before.
func (m *maintenance) RemoveRetention(k *Retention) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retentions = slices.DeleteFunc(m.retentions, func(other *Retention) bool { return other == k })
	m.wakeUp()
}

func (m *maintenance) wakeUp() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// stopMaintenance ends it and waits for that for as long as the context goes on.
func (m *maintenance) stopMaintenance(ctx context.Context) {
	m.mu.Lock()
	m.stopped = true
	end, done := m.cancel, m.done
	m.mu.Unlock()
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
func (m *maintenance) expiry() (x chat.Expiry, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	lives := map[string]chat.Lives{}
	for i, k := range m.retentions {
		if i == 0 || x.Retention > 0 && (k.Period == 0 || k.Period > x.Retention) {
			x.Retention = k.Period
		}
		for site, l := range k.Lives {
			longest := lives[site]
			lives[site] = chat.Lives{Session: max(longest.Session, l.Session+lifeGrace), TabSecret: max(longest.TabSecret, l.TabSecret+lifeGrace)}
		}
	}
	x.Lives = func(site string) chat.Lives {
		if l, known := lives[site]; known {
			return l
		}
		return chat.Lives{Session: unknownLife, TabSecret: unknownLife}
	}
	return x, len(m.retentions) > 0
}

// run deletes what is too old, at once, every hour, and when what is
// configured changes.
func (m *maintenance) run(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	var last time.Time // by a clock that nobody sets
	warned := false
	for {
		wait := maintenanceInterval
		if policy, ok := m.expiry(); ok {
			var passed time.Duration
			if !last.IsZero() {
				passed = time.Since(last)
			}
			gone, behind, err := m.expire(ctx, policy, passed)
			switch {
			case ctx.Err() != nil:
				return
			case errors.Is(err, chat.ErrUnavailable):
				wait = maintenanceRetry
			case err != nil:
				m.log.Error("deleting what is too old", "error", err)
			default:
				last = time.Now()
			}
			m.report(gone, behind, &warned)
		}
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-time.After(wait):
		}
	}
}

// expire is Service.Expire, a panic in which must not take the site down.
func (m *maintenance) expire(ctx context.Context, x chat.Expiry, passed time.Duration) (gone chat.Expired, behind time.Duration, err error) {
	defer panics.ToError(&err)
	return m.service.Expire(ctx, x, passed)
}

func (m *maintenance) report(gone chat.Expired, behind time.Duration, warned *bool) {
	if !gone.Nothing() {
		m.log.Info("deleted what was too old", "conversations", len(gone.Conversations), "messages", gone.Messages,
			"people", gone.People, "sessions", gone.Sessions, "tab_secrets", gone.TabSecrets)
	}
	if behind > behindWorth && !*warned {
		m.log.Warn("the clock is far ahead of when old chats were last deleted, because the server was off for long, "+
			"or because it is wrong (then set it right): going on with a day of them each hour", "ahead", behind.Round(time.Hour))
	}
	*warned = behind > behindWorth
}
