package whoami

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

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
	// Each takes up to maxAnswer, 4 MB in all, and holds on to the header of the
	// request that it began with.
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

	ctx context.Context // until Stop
	end context.CancelFunc

	flights singleflight.Group // the questions under way, see flightKey

	mu       sync.Mutex
	underWay int                // questions under way
	from     map[netip.Addr]int // of these, by network
	answers  *answers
	marks    *marks

	unknown loglimit.Limit // lines about answers that say nothing
	cookies sync.Once      // of the line about cookies that are dropped
}

// NewClient makes the client of one site's application. Own are the cookies that
// are no business of the application.
func NewClient(probe *Config, nobody []string, own visitor.Cookies, log *slog.Logger) *Client {
	ctx, end := context.WithCancel(context.Background())
	return &Client{config: probe, nobody: nobody, own: own, log: log, answerLife: answerLife, retryInterval: retryInterval, timeout: askTimeout,
		ctx: ctx, end: end, from: map[netip.Addr]int{}, answers: newAnswers(answerLife), marks: newMarks(answerLife + askTimeout),
		unknown: loglimit.Limit{Burst: 1, Every: time.Minute}}
}

// Interval implements visitor.Whoami: sooner there would be the same answer.
func (p *Client) Interval() time.Duration { return p.answerLife }

// ask returns the answer to a question, the one that is kept, if it was asked for
// after a time, or a new one.
func (p *Client) ask(ctx context.Context, q *question, since time.Time) visitor.Answer {
	for range maxAskedAgain {
		after, answer, known := p.known(q, since)
		if known {
			return answer
		}
		flight := flightKey(q.key, after)
		asked := p.flights.DoChan(flight, func() (any, error) { return p.putQuestion(flight, q, after) })
		select {
		case r := <-asked:
			if r.Err != nil {
				p.logUnknown(r.Err)
				return visitor.Answer{}
			}
			if answer = r.Val.(visitor.Answer); p.counts(q, answer) {
				return answer
			}
		case <-time.After(p.timeout): // the handler heeds no context
			return visitor.Answer{}
		case <-p.ctx.Done():
			return visitor.Answer{}
		case <-ctx.Done():
			return visitor.Answer{}
		}
	}
	return visitor.Answer{}
}

// flightKey tells questions under way apart. Part of it is since when an answer
// counts, so that nobody waits for the answer to a question that was put earlier.
func flightKey(key questionKey, after time.Time) string {
	return string(key.browser[:]) + string(key.header[:]) + after.String()
}

// known returns what there is to answer without asking, or after which time the
// application has to be asked.
func (p *Client) known(q *question, since time.Time) (after time.Time, answer visitor.Answer, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Before(p.marks.withdrawn.of(q.key.browser)) {
		return after, answer, true
	}
	after = later(since, p.marks.askedAfter.of(q.key.browser))
	answer, known = p.answers.get(q.key, after, now)
	return after, answer, known
}

// counts reports whether an answer may be believed that came just now.
func (p *Client) counts(q *question, a visitor.Answer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := q.key.browser
	return a.Asked.After(p.marks.askedAfter.of(b)) && !time.Now().Before(p.marks.withdrawn.of(b))
}

// putQuestion puts one question to the application, unless another flight has brought the
// answer just now.
func (p *Client) putQuestion(flight string, q *question, after time.Time) (answer visitor.Answer, err error) {
	defer panics.ToError(&err)
	asked, answer, err := p.begin(q, after)
	if asked.IsZero() {
		return answer, err
	}
	defer p.done(q)
	ctx, cancel := context.WithTimeout(p.ctx, p.timeout)
	defer cancel()
	// A handler that ignores its context goes on and counts among those under way;
	// nobody waits for it.
	late := context.AfterFunc(ctx, func() {
		p.keep(q.key, asked, chat.Profile{}, errTimeout)
		p.flights.Forget(flight)
	})
	defer late()
	profile, err := p.once(ctx, q)
	return p.keep(q.key, asked, profile, err), nil
}

// begin takes a place among the questions under way, and returns when that was;
// zero where there is an answer already, or no place.
func (p *Client) begin(q *question, after time.Time) (asked time.Time, answer visitor.Answer, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if answer, known := p.answers.get(q.key, after, now); known {
		return asked, answer, nil
	}
	if p.underWay >= maxUnderWay || p.from[q.network] >= maxUnderWayEach && !q.local {
		return asked, answer, errBusy
	}
	p.underWay++
	p.from[q.network]++
	return now, answer, nil
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

// keep makes the outcome of a question an answer, and keeps it.
func (p *Client) keep(key questionKey, asked time.Time, profile chat.Profile, err error) visitor.Answer {
	now := time.Now()
	o := outcome{Answer: visitor.Answer{Asked: asked}, until: now.Add(p.retryInterval)}
	if err == nil {
		o.Known, o.until = true, asked.Add(p.answerLife)
		profile, o.size = alone(profile)
		o.Evidence = chat.Evidence{Profile: profile, Whoami: true}
	}
	p.mu.Lock()
	kept := p.answers.put(key, o, now)
	p.mu.Unlock()
	if err != nil && kept && p.ctx.Err() == nil {
		p.logUnknown(err)
	}
	return o.Answer
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
	p.marks.forget(b, time.Now())
}

// Changed is Forget after a request that may have signed somebody in: it ends
// also what a logout withdrew that was complete when the request arrived.
func (p *Client) Changed(b BrowserKey, arrived time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.marks.forget(b, now)
	if until := p.marks.withdrawn.of(b); now.Before(until) && until.Before(arrived.Add(p.answerLife)) {
		p.marks.restore(b)
	}
}

// Withdraw has what the application says of a browser not count for a while.
func (p *Client) Withdraw(b BrowserKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.marks.withdraw(b, now, now.Add(p.answerLife))
}

// Stop ends all questions for good.
func (p *Client) Stop() { p.end() }
