package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/api/visitor"
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
	// maxProbing bounds how many questions are under way, and maxProbingEach how
	// many of one network (see limits.Network), unless that is this machine's: there
	// may be a proxy with all visitors behind it. Beyond it there is no answer.
	// Each takes up to maxProbed for the answer and maxQuestion for the question,
	// 6 MB in all.
	maxProbing     = 64
	maxProbingEach = 8
	// maxAskedAgain bounds how often a question is put again of which the answer
	// was too old when it came.
	maxAskedAgain = 3
)

// Why there was no answer.
var (
	errProbeSlow = errors.New("there was none in time")
	errProbeBusy = errors.New("too many questions are under way")
	// errQuestionLarge: the application is not asked at all.
	errQuestionLarge = fmt.Errorf("the browser sends more than %d KB of cookies and other headers", maxQuestion>>10)
)

// prober asks one site's application who is signed in, once for all tabs of a
// browser, and keeps the answers for a while.
type prober struct {
	probe  *Probe
	nobody []string
	own    visitor.Cookies
	log    *slog.Logger
	every  time.Duration
	retry  time.Duration
	time   time.Duration

	ctx context.Context // until Cleanup
	end context.CancelFunc

	mu      sync.Mutex
	probing int                // questions under way
	from    map[netip.Addr]int // of these, by network
	answers probeAnswers
	told    time.Time
	cookies sync.Once // told of cookies that are dropped
}

func newProber(probe *Probe, nobody []string, own visitor.Cookies, log *slog.Logger) *prober {
	ctx, end := context.WithCancel(context.Background())
	return &prober{probe: probe, nobody: nobody, own: own, log: log, every: probeEvery, retry: probeRetry, time: probeTime,
		ctx: ctx, end: end, from: map[netip.Addr]int{}, answers: newProbeAnswers(probeEvery)}
}

// ask returns the answer for a question's browser, the one that is kept, if it
// was asked for after a time, or a new one.
func (p *prober) ask(ctx context.Context, q *question, since time.Time) visitor.Answer {
	none := visitor.Answer{Until: time.Now().Add(p.retry)}
	for range maxAskedAgain {
		if p.ctx.Err() != nil {
			return visitor.Answer{Gone: true}
		}
		if q.over {
			p.complain(errQuestionLarge)
			return visitor.Answer{Until: time.Now().Add(p.every)}
		}
		e, withdrawn := p.entry(q, since)
		if e == nil {
			if withdrawn.IsZero() {
				p.complain(errProbeBusy)
				return none
			}
			return visitor.Answer{Until: withdrawn}
		}
		select {
		case <-e.done:
		case <-ctx.Done():
			return none
		}
		if p.counts(e) {
			return e.answer
		}
	}
	return none
}

// entry returns what is known or being asked, and asks where that is neither.
// It is nil where too much is under way, or until when no answer counts.
func (p *prober) entry(q *question, since time.Time) (e *probeEntry, withdrawn time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if until := p.answers.withdrawn.until(q.key.browser); now.Before(until) {
		return nil, until
	}
	if e := p.answers.of(q.key); e != nil && !e.old(now) && e.asked.After(since) {
		return e, time.Time{}
	}
	if p.probing >= maxProbing || p.from[q.network] >= maxProbingEach && !q.ours() {
		return nil, time.Time{}
	}
	p.probing++
	p.from[q.network]++
	e = p.answers.add(q.key, now)
	go p.fly(q, e)
	return e, time.Time{}
}

// landed makes room for another question.
func (p *prober) landed(q *question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probing--
	if p.from[q.network]--; p.from[q.network] == 0 {
		delete(p.from, q.network)
	}
}

// counts reports whether an answer may be believed that came just now.
func (p *prober) counts(e *probeEntry) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !e.dropped
}

// fly puts one question to the application.
func (p *prober) fly(q *question, e *probeEntry) {
	ctx, cancel := context.WithTimeout(p.ctx, p.time)
	defer cancel()
	var once sync.Once
	answer := func(profile chat.Profile, err error) {
		once.Do(func() { p.take(q.key, e, profile, err) })
	}
	// A handler that heeds no context keeps its place among those under way, but
	// nobody waiting.
	late := context.AfterFunc(ctx, func() { answer(chat.Profile{}, errProbeSlow) })
	defer late()
	defer p.landed(q)
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
func (p *prober) take(key probeKey, e *probeEntry, profile chat.Profile, err error) {
	gone := p.ctx.Err() != nil
	profile, size := alone(profile)
	if err != nil {
		e.answer = visitor.Answer{Until: time.Now().Add(p.retry), Gone: gone}
		if !gone {
			p.complain(err)
		}
	} else {
		e.answer = visitor.Answer{Known: true, Evidence: chat.Evidence{Profile: profile, Probe: true}, Asked: e.asked, Until: e.asked.Add(p.every)}
	}
	close(e.done)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.said(key, e, size, time.Now())
}

// alone returns a profile whose texts are not parts of longer ones, as of the
// whole answer, and how many bytes they are.
func alone(p chat.Profile) (chat.Profile, int) {
	size := 0
	own := func(text string) string {
		size += len(text)
		return strings.Clone(text)
	}
	for _, text := range [...]*string{&p.ID, &p.Email, &p.Firstname, &p.Lastname, &p.Gender, &p.Agent} {
		*text = own(*text)
	}
	for i, label := range p.Labels {
		p.Labels[i] = own(label)
	}
	for name, value := range p.Fields {
		p.Fields[name] = own(value)
	}
	return p, size
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
func (p *prober) forget(b browserKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.forget(b)
}

// changed is forget after a request that may have signed somebody in: it ends
// also what a logout withdrew that was complete when the request arrived.
func (p *prober) changed(b browserKey, arrived time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.forget(b)
	p.answers.restore(b, arrived)
}

// withdraw has what the application says of a browser not count for a while.
func (p *prober) withdraw(b browserKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.withdraw(b, time.Now())
}

// stop ends all questions for good.
func (p *prober) stop() { p.end() }
