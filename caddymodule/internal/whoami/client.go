package whoami

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
	"github.com/parley-chat/parley/internal/loglimit"
	"github.com/parley-chat/parley/internal/panics"
)

// Times of asking the application who is signed in.
var (
	// answerLife is how long an answer counts: as long as the cookies stay what
	// they are it is not asked again sooner.
	answerLife = time.Minute
	// retryInterval is how long the application is left alone that gave no answer.
	retryInterval = 10 * time.Second
	// askTimeout is how long it has for one.
	askTimeout = 5 * time.Second
)

const (
	// maxUnderWay bounds how many questions are under way, and maxUnderWayEach how
	// many of one network (see limits.Network), unless that is this machine's: there
	// may be a proxy with all visitors behind it. Beyond it there is no answer.
	// Each takes up to maxAnswer for the answer and maxQuestion for the question,
	// 6 MB in all.
	maxUnderWay     = 64
	maxUnderWayEach = 8
	// maxAskedAgain bounds how often a question is put again of which the answer
	// was too old when it came.
	maxAskedAgain = 3
)

// Why there was no answer.
var (
	errTimeout = errors.New("there was none in time")
	errBusy    = errors.New("too many questions are under way")
	// errQuestionLarge: the application is not asked at all.
	errQuestionLarge = fmt.Errorf("the browser sends more than %d KB of cookies and other headers", maxQuestion>>10)
)

// Client asks one site's application who is signed in, once for all tabs of a
// browser, and keeps the answers for a while.
type Client struct {
	config        *Config
	nobody        []string
	own           visitor.Cookies
	log           *slog.Logger
	answerLife    time.Duration
	retryInterval time.Duration
	timeout       time.Duration

	ctx context.Context // until Cleanup
	end context.CancelFunc

	mu       sync.Mutex
	underWay int                // questions under way
	from     map[netip.Addr]int // of these, by network
	answers  *answerTable

	unknown loglimit.Limit // lines about answers that say nothing
	cookies sync.Once      // of the line about cookies that are dropped
}

// NewClient makes the client of one site's application. Own are the cookies that
// are no business of the application.
func NewClient(probe *Config, nobody []string, own visitor.Cookies, log *slog.Logger) *Client {
	ctx, end := context.WithCancel(context.Background())
	return &Client{config: probe, nobody: nobody, own: own, log: log, answerLife: answerLife, retryInterval: retryInterval, timeout: askTimeout,
		ctx: ctx, end: end, from: map[netip.Addr]int{}, answers: newAnswerTable(answerLife),
		unknown: loglimit.Limit{Burst: 1, Every: time.Minute}}
}

// ask returns the answer for a question's browser, the one that is kept, if it
// was asked for after a time, or a new one.
func (p *Client) ask(ctx context.Context, q *question, since time.Time) visitor.Answer {
	none := visitor.Answer{Until: time.Now().Add(p.retryInterval)}
	for range maxAskedAgain {
		if p.ctx.Err() != nil {
			return visitor.Answer{Gone: true}
		}
		if q.over {
			p.logUnknown(errQuestionLarge)
			return visitor.Answer{Until: time.Now().Add(p.answerLife)}
		}
		e, withdrawn := p.entryOf(q, since)
		if e == nil {
			if withdrawn.IsZero() {
				p.logUnknown(errBusy)
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

// entryOf returns what is known or being asked, and asks where that is neither.
// It is nil where too much is under way, or until when no answer counts.
func (p *Client) entryOf(q *question, since time.Time) (e *entry, withdrawn time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if until := p.answers.withdrawn.until(q.key.browser); now.Before(until) {
		return nil, until
	}
	if e := p.answers.of(q.key); e != nil && !e.old(now) && e.asked.After(since) {
		return e, time.Time{}
	}
	if p.underWay >= maxUnderWay || p.from[q.network] >= maxUnderWayEach && !q.isLocal() {
		return nil, time.Time{}
	}
	p.underWay++
	p.from[q.network]++
	e = p.answers.add(q.key, now)
	go p.answerOnce(q, e)
	return e, time.Time{}
}

// done makes room for another question.
func (p *Client) done(q *question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.underWay--
	if p.from[q.network]--; p.from[q.network] == 0 {
		delete(p.from, q.network)
	}
}

// counts reports whether an answer may be believed that came just now.
func (p *Client) counts(e *entry) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !e.dropped
}

// answerOnce puts one question to the application.
func (p *Client) answerOnce(q *question, e *entry) {
	ctx, cancel := context.WithTimeout(p.ctx, p.timeout)
	defer cancel()
	var once sync.Once
	answer := func(profile chat.Profile, err error) {
		once.Do(func() { p.take(q.key, e, profile, err) })
	}
	// A handler that heeds no context keeps its place among those under way, but
	// nobody waiting.
	late := context.AfterFunc(ctx, func() { answer(chat.Profile{}, errTimeout) })
	defer late()
	defer p.done(q)
	answer(p.once(ctx, q))
}

// once asks once. A panic in the site's routes, with which a reverse proxy tells
// that an answer broke off, ends this question only.
func (p *Client) once(ctx context.Context, q *question) (profile chat.Profile, err error) {
	defer panics.Handle(func(p *panics.Panic) { err = fmt.Errorf("it broke off: %v", p.Value) })
	a := q.send(ctx, p.config.Path)
	if ctx.Err() != nil {
		return chat.Profile{}, errTimeout
	}
	if len(a.sent["Set-Cookie"]) > 0 {
		p.cookies.Do(func() {
			p.log.Info("the answer to a probe sets cookies, which are dropped", "path", p.config.Path)
		})
	}
	if a.over {
		return chat.Profile{}, errTooLarge
	}
	return p.config.evidence(a.status, a.sent, a.body, p.nobody)
}

// take keeps the outcome of a question.
func (p *Client) take(key questionKey, e *entry, profile chat.Profile, err error) {
	gone := p.ctx.Err() != nil
	profile, size := alone(profile)
	if err != nil {
		e.answer = visitor.Answer{Until: time.Now().Add(p.retryInterval), Gone: gone}
		if !gone {
			p.logUnknown(err)
		}
	} else {
		e.answer = visitor.Answer{Known: true, Evidence: chat.Evidence{Profile: profile, Whoami: true}, Asked: e.asked, Until: e.asked.Add(p.answerLife)}
	}
	close(e.done)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.answered(key, e, size)
}

// alone returns a profile whose texts are not parts of longer ones, as of the
// whole answer, and how many bytes they are.
func alone(p chat.Profile) (chat.Profile, int) {
	size := 0
	own := func(text string) string {
		size += len(text)
		return strings.Clone(text)
	}
	for _, f := range chat.ProfileFields() {
		if text := f.Text(&p); text != nil {
			*text = own(*text)
		}
	}
	for i, label := range p.Labels {
		p.Labels[i] = own(label)
	}
	for name, value := range p.Fields {
		p.Fields[name] = own(value)
	}
	return p, size
}

// logUnknown logs, now and then, why there is no answer.
func (p *Client) logUnknown(err error) {
	p.unknown.Log(p.log, slog.LevelWarn, "the answer to a probe does not say who is signed in; until one does, all stays as it is",
		"path", p.config.Path, "reason", err)
}

// Forget has the application asked anew about a browser; what is under way was
// asked too early.
func (p *Client) Forget(b BrowserKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.forget(b)
}

// Changed is forget after a request that may have signed somebody in: it ends
// also what a logout withdrew that was complete when the request arrived.
func (p *Client) Changed(b BrowserKey, arrived time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.forget(b)
	p.answers.restore(b, arrived)
}

// Withdraw has what the application says of a browser not count for a while.
func (p *Client) Withdraw(b BrowserKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers.withdraw(b, time.Now())
}

// Stop ends all questions for good.
func (p *Client) Stop() { p.end() }
