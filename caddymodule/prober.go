package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-chat/parley/api"
	"github.com/parley-chat/parley/chat"
)

// Times of asking the application who is signed in.
var (
	// probeEvery is how long an answer counts: as long as the cookies stay what
	// they are it is not asked again sooner.
	probeEvery = time.Minute
	// probeRetry is how long the application is left alone that gave no answer.
	probeRetry = 10 * time.Second
	// probeTime is how long it has for one.
	probeTime = 5 * time.Second
)

const (
	// maxProbes bounds how many answers are kept, at some hundred bytes each.
	// Beyond it all are forgotten, and asked for anew.
	maxProbes = 16384
	// maxProbing bounds how many questions are under way. Beyond it there is no
	// answer, which changes nothing.
	maxProbing = 64
)

// Why there was no answer.
var (
	errProbeSlow = errors.New("there was none in time")
	errProbeBusy = errors.New("too many questions are under way")
)

// prober asks one site's application who is signed in, once for all tabs of a
// browser, and keeps the answers for a while.
type prober struct {
	probe  *Probe
	nobody []string
	own    api.Cookies
	log    *slog.Logger
	every  time.Duration
	retry  time.Duration
	time   time.Duration

	ctx   context.Context // until Cleanup
	end   context.CancelFunc
	slots chan struct{}

	mu      sync.Mutex
	entries map[probeKey]*probeEntry
	swept   time.Time
	told    time.Time
	cookies sync.Once // told of cookies that are dropped
}

// probeEntry is a question under way or its answer.
type probeEntry struct {
	done   chan struct{} // closed when there is an answer
	answer api.Answer
	// dropped means that the answer must not be believed: somebody logged out
	// since it was asked for. Held under the prober's lock.
	dropped bool
}

func newProber(probe *Probe, nobody []string, own api.Cookies, log *slog.Logger) *prober {
	ctx, end := context.WithCancel(context.Background())
	return &prober{probe: probe, nobody: nobody, own: own, log: log, every: probeEvery, retry: probeRetry, time: probeTime,
		ctx: ctx, end: end, slots: make(chan struct{}, maxProbing), entries: map[probeKey]*probeEntry{}}
}

// ask returns the answer for a question's browser, the one that is kept or a
// new one.
func (p *prober) ask(ctx context.Context, q *question) api.Answer {
	if p.ctx.Err() != nil {
		return api.Answer{Gone: true}
	}
	e := p.entry(q)
	if e == nil {
		p.complain(errProbeBusy)
		return api.Answer{Until: time.Now().Add(p.retry)}
	}
	select {
	case <-e.done:
	case <-ctx.Done():
		return api.Answer{Until: time.Now().Add(p.retry)}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.dropped {
		return api.Answer{Until: time.Now().Add(p.retry), Gone: e.answer.Gone}
	}
	return e.answer
}

// entry returns what is known or being asked, and asks where that is neither.
// It is nil where too much is under way.
func (p *prober) entry(q *question) *probeEntry {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if e := p.entries[q.key]; e != nil && !e.old(now) {
		return e
	}
	select {
	case p.slots <- struct{}{}:
	default:
		return nil
	}
	p.sweep(now)
	e := &probeEntry{done: make(chan struct{})}
	p.entries[q.key] = e
	go p.fly(q, e, now)
	return e
}

// old reports whether there is an answer that no longer counts.
func (e *probeEntry) old(now time.Time) bool {
	select {
	case <-e.done:
		return !now.Before(e.answer.Until)
	default:
		return false
	}
}

// sweep forgets answers that no longer count, now and then, and all of them
// where there are too many.
func (p *prober) sweep(now time.Time) {
	if len(p.entries) >= maxProbes {
		clear(p.entries)
	}
	if now.Sub(p.swept) < p.every {
		return
	}
	p.swept = now
	for key, e := range p.entries {
		if e.old(now) {
			delete(p.entries, key)
		}
	}
}

// fly puts one question to the application.
func (p *prober) fly(q *question, e *probeEntry, asked time.Time) {
	ctx, cancel := context.WithTimeout(p.ctx, p.time)
	defer cancel()
	var once sync.Once
	answer := func(profile chat.Profile, err error) {
		once.Do(func() { p.take(e, asked, profile, err) })
	}
	// A handler that heeds no context keeps its place among those under way, but
	// nobody waiting.
	late := context.AfterFunc(ctx, func() { answer(chat.Profile{}, errProbeSlow) })
	defer late()
	defer func() { <-p.slots }()
	answer(p.once(ctx, q))
}

// once asks once. A panic in the site's routes, with which a reverse proxy tells
// that an answer broke off, ends this question only.
func (p *prober) once(ctx context.Context, q *question) (profile chat.Profile, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it broke off: %v", r)
		}
	}()
	a := q.send(ctx, p.probe.Path)
	if ctx.Err() != nil {
		return chat.Profile{}, errProbeSlow
	}
	if len(a.sent["Set-Cookie"]) > 0 {
		p.cookies.Do(func() {
			p.log.Info("the answer to a probe sets cookies, which are dropped", "path", p.probe.Path)
		})
	}
	if a.over {
		return chat.Profile{}, errProbeLarge
	}
	return p.probe.evidence(a.status, a.sent, a.body, p.nobody)
}

// take keeps the outcome of a question.
func (p *prober) take(e *probeEntry, asked time.Time, profile chat.Profile, err error) {
	gone := p.ctx.Err() != nil
	if err != nil {
		e.answer = api.Answer{Until: time.Now().Add(p.retry), Gone: gone}
		if !gone {
			p.complain(err)
		}
	} else {
		e.answer = api.Answer{Known: true, Evidence: chat.Evidence{Profile: profile, Probe: true}, Asked: asked, Until: asked.Add(p.every)}
	}
	close(e.done)
}

// complain logs, now and then, why there is no answer.
func (p *prober) complain(err error) {
	p.mu.Lock()
	now := time.Now()
	due := now.Sub(p.told) >= time.Minute
	if due {
		p.told = now
	}
	p.mu.Unlock()
	if due {
		p.log.Warn("the answer to a probe does not say who is signed in; until one does, all stays as it is",
			"path", p.probe.Path, "reason", err)
	}
}

// forget has the application asked anew about a browser; what is under way was
// asked too early.
func (p *prober) forget(key probeKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[key]; e != nil {
		e.dropped = true
		delete(p.entries, key)
	}
}

// withdraw has what the application says of a browser not count for a while.
func (p *prober) withdraw(key probeKey) {
	p.forget(key)
	e := &probeEntry{done: make(chan struct{}), answer: api.Answer{Until: time.Now().Add(p.every)}}
	close(e.done)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(time.Now())
	p.entries[key] = e
}

// stop ends all questions for good.
func (p *prober) stop() { p.end() }
