package api

import (
	"context"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Prober asks the application behind who is signed in, for a site whose pages
// don't say.
type Prober interface {
	// Question returns what there is to ask about the browser of a request. It
	// may be asked again and again, also when the request is long answered.
	Question(r *http.Request) Question
}

// Question is the question who is signed in at one browser. Answers are kept
// for a while, so that it costs nothing to ask often.
type Question interface {
	// Ask returns the newest answer, for which it may wait some seconds. One
	// that is kept counts only if it was asked for after a time.
	Ask(ctx context.Context, since time.Time) Answer
	// Forget has the application asked anew next time.
	Forget()
	// Withdraw makes an answer to what this browser's cookies are now count as
	// not known for a while: somebody logged out, and the application may not
	// have heard of it yet.
	Withdraw()
	// Named notes that the application has named the person of a session's
	// token to what this browser shows.
	Named(token string)
	// Foreign reports whether it was something else that the browser showed when
	// the person of a session's token was last named, and when that was.
	Foreign(token string) (bool, time.Time)
}

// Answer is what the application says of who is signed in.
type Answer struct {
	// Known is false where it did not say: then nothing changes.
	Known bool
	// Evidence is whom it names; without a Key it is nobody.
	Evidence chat.Evidence
	// Asked is when the question was put to the application.
	Asked time.Time
	// Until is when it is worth asking again.
	Until time.Time
	// Gone tells that this question will never be answered again, because the
	// configuration has changed: a new request must bring a new one.
	Gone bool
}

// probe takes the application's answer, if there is a Prober, for evidence of
// who sent a request. It returns what is to become of the cookie, which has been
// written to the header, and the token to go on with. Where the application
// does not answer, and the cookies are not those with which it has last named
// the session's person, that is none: nothing has ended, but nothing is shown.
func (wd *Widget) probe(ctx context.Context, h http.Header, r *http.Request, asked chat.Request) (chat.Cookie, string) {
	if wd.Prober == nil {
		return chat.Cookie{}, asked.Token
	}
	q := wd.Prober.Question(r)
	foreign, named := q.Foreign(asked.Token)
	if !foreign {
		named = time.Time{}
	}
	a := q.Ask(ctx, named)
	if !a.Known {
		if foreign {
			return chat.Cookie{}, ""
		}
		return chat.Cookie{}, asked.Token
	}
	// What a request brings is never newer than the request, however late it is
	// asked about; and a kept answer is older.
	if a.Asked.Before(asked.Arrived) {
		asked.Arrived = a.Asked
	}
	cookie, err := wd.weigh(ctx, a, asked)
	if h != nil {
		wd.Cookies.Apply(h, cookie, wd.Secure(r))
	}
	token := after(cookie, asked.Token)
	if token != asked.Token && asked.Token != "" {
		// The response may get lost. Then only an answer that is newer than this
		// can bring the browser back to who is signed in.
		q.Forget()
	}
	if err == nil && token != "" && (foreign || a.Evidence.Key() != "") {
		q.Named(token)
	}
	return cookie, token
}

// after is the token to go on with where this becomes of the cookie.
func after(cookie chat.Cookie, token string) string {
	switch {
	case cookie.Token != "":
		return cookie.Token
	case cookie.Clear:
		return ""
	}
	return token
}

// weigh takes a known answer for evidence. The error has been logged.
func (wd *Widget) weigh(ctx context.Context, a Answer, asked chat.Request) (chat.Cookie, error) {
	cookie, err := wd.Service.Sessions.Observe(ctx, asked, a.Evidence)
	if err != nil {
		wd.logFailure("probe", err)
	}
	return cookie, err
}

// probeVisit is probe for requests that go on only as who they came: their
// browser must say hello first where that has changed.
func (wd *Widget) probeVisit(w http.ResponseWriter, r *http.Request, token string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTime)
	defer cancel()
	asked := wd.request(r, token, time.Now())
	if cookie, next := wd.probe(ctx, w.Header(), r, asked); cookie != (chat.Cookie{}) || next != token {
		return chat.ErrNoSession
	}
	return nil
}

// probeSocket is probe for a socket's handshake, and returns what goes on asking
// while the connection lives; nil without a Prober. A new cookie is not sent: the
// browser gets it with its next hello, which it is told to say.
func (wd *Widget) probeSocket(r *http.Request, token string, arrived time.Time) *asking {
	if wd.Prober == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	asked := wd.request(r, token, arrived)
	cookie, next := wd.probe(ctx, nil, r, asked)
	return &asking{widget: wd, question: wd.Prober.Question(r), request: asked, hidden: cookie == (chat.Cookie{}) && next != token}
}

// asking asks again and again, for as long as a connection lives, whether its
// visitor is still signed in. It has the cookies that the connection was opened
// with, so another answer only makes the browser ask with those it has now.
type asking struct {
	widget   *Widget
	question Question
	request  chat.Request
	again    func() // tells the browser
	// hidden means that the connection is nobody's: it is not known whether its
	// cookies are those of the session's person.
	hidden bool

	mu    sync.Mutex
	timer *time.Timer
	ended bool
}

// with has the connection ask again and again, unless that is nil.
func (v *visitorSocket) with(a *asking) *visitorSocket {
	if a != nil {
		if a.hidden {
			v.token = ""
		}
		v.asking = a
		a.again = func() { v.push(chat.Event{Kind: chat.EventAgain}) }
	}
	return v
}

// start asks for the first time at once: mostly there is an answer already.
func (a *asking) start() { a.in(0) }

// in asks after a time.
func (a *asking) in(wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.timer = time.AfterFunc(wait, a.ask)
	}
}

func (a *asking) ask() {
	defer a.rescue()
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	answer := a.question.Ask(ctx, time.Time{})
	if answer.Gone || a.differs(ctx, answer) {
		a.again()
		return
	}
	if answer.Known {
		r := a.request
		r.Arrived = answer.Asked
		_, _ = a.widget.weigh(ctx, answer, r) // it confirms: nothing becomes of the cookie
	}
	a.in(time.Until(answer.Until))
}

func (a *asking) differs(ctx context.Context, answer Answer) bool {
	if !answer.Known {
		return false
	}
	r := a.request
	r.Arrived = answer.Asked
	differs, err := a.widget.Service.Sessions.IdentityChanged(ctx, r, answer.Evidence)
	if err != nil {
		a.widget.logFailure("probe", err)
	}
	return differs
}

// askAfterPanic is how long the application is left alone after a bug of ours.
const askAfterPanic = time.Minute

// rescue keeps a bug from ending the process, which serves the whole site, and
// from ending the asking.
func (a *asking) rescue() {
	if p := recover(); p != nil {
		a.widget.Log.Error("panic while asking who is signed in", "panic", p, "stack", string(debug.Stack()))
		a.in(askAfterPanic)
	}
}

// end stops it.
func (a *asking) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	if a.timer != nil {
		a.timer.Stop()
	}
}
