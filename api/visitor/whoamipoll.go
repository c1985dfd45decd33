package visitor

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
)

// whoamiPoll asks again and again, for as long as a connection lives, whether its
// visitor is still signed in. It has the cookies that the connection was opened
// with, so another answer only makes the browser ask with those it has now.
type whoamiPoll struct {
	handler  *Handler
	question Question
	request  chat.Request
	again    func() // sends the browser Again

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// start asks for the first time at once: mostly there is an answer already.
func (p *whoamiPoll) start() { p.schedule(0) }

// schedule asks after a time.
func (p *whoamiPoll) schedule(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped {
		p.timer = time.AfterFunc(wait, p.ask)
	}
}

func (p *whoamiPoll) ask() {
	defer panics.Handle(p.onPanic)
	ctx, cancel := context.WithTimeout(context.Background(), transport.StoreTimeout)
	defer cancel()
	answer := p.question.Ask(ctx, time.Time{})
	if answer.Gone || p.identityChanged(ctx, answer) {
		p.again()
		return
	}
	if answer.Known {
		r := p.request
		r.Arrived = answer.Asked
		_, _ = p.handler.observe(ctx, answer, r) // it confirms: nothing becomes of the cookie
	}
	p.schedule(time.Until(answer.Until))
}

func (p *whoamiPoll) identityChanged(ctx context.Context, answer Answer) bool {
	if !answer.Known {
		return false
	}
	r := p.request
	r.Arrived = answer.Asked
	changed, err := p.handler.Service.Sessions.IdentityChanged(ctx, r, answer.Evidence)
	if err != nil {
		p.handler.logFailure("whoami", err)
	}
	return changed
}

// panicRetry is how long the application is left alone after a bug of ours.
const panicRetry = time.Minute

// onPanic keeps a bug from ending the process, which serves the whole site, and
// from ending the poll.
func (p *whoamiPoll) onPanic(bug *panics.Panic) {
	p.handler.Log.Error("panic while asking who is signed in", "panic", bug.Value, "stack", bug.Stack)
	p.schedule(panicRetry)
}

// stop ends it.
func (p *whoamiPoll) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.timer != nil {
		p.timer.Stop()
	}
}
