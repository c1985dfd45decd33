package visitor

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// Whoami asks the application behind who is signed in, for a site whose pages
// don't say.
type Whoami interface {
	// Question returns what there is to ask about the browser of a request.
	Question(r *http.Request) Question
	// Interval is for how long an answer is kept: a browser with an open socket
	// says hello that often.
	Interval() time.Duration
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
}

// maxIntervals is for how many intervals (see Whoami) a socket's right holds
// whose visitor nobody has asked about: a browser that says nothing keeps no chat
// open. The timers of hidden pages may be up to an interval late.
const maxIntervals = 3

// whoami takes the application's answer, if there is a Whoami, for evidence of
// who sent a request. It returns what is to become of the cookie, which has been
// written to the header, and the token to go on with. Where the application
// does not answer, and the cookies are not those with which it has last named
// the session's person, that is none: nothing has ended, but nothing is shown.
func (h *Handler) whoami(ctx context.Context, header http.Header, r *http.Request, request chat.Request) (chat.Cookie, string) {
	if h.Whoami == nil {
		return chat.Cookie{}, request.Token
	}
	q := h.Whoami.Question(r)
	foreign, named := q.Foreign(request.Token)
	if !foreign {
		named = time.Time{}
	}
	a := q.Ask(ctx, named)
	if !a.Known {
		if foreign {
			return chat.Cookie{}, ""
		}
		return chat.Cookie{}, request.Token
	}
	// What a request brings is never newer than the request, however late it is
	// asked about; and a kept answer is older.
	if a.Asked.Before(request.Arrived) {
		request.Arrived = a.Asked
	}
	cookie, err := h.Service.Sessions.Observe(ctx, request, a.Evidence)
	if err != nil {
		h.logFailure("whoami", err)
	}
	if header != nil {
		h.Cookies.Apply(header, cookie, h.Secure(r))
	}
	token := tokenAfter(cookie, request.Token)
	if token != request.Token && request.Token != "" {
		// The response may get lost. Then only an answer that is newer than this
		// can bring the browser back to who is signed in.
		q.Forget()
	}
	if err == nil && token != "" && (foreign || a.Evidence.Key() != "") {
		q.Named(token)
	}
	return cookie, token
}

// tokenAfter is the token to go on with where this becomes of the cookie.
func tokenAfter(cookie chat.Cookie, token string) string {
	switch {
	case cookie.Token != "":
		return cookie.Token
	case cookie.Clear:
		return ""
	}
	return token
}

// whoamiSocket is whoami for a socket's handshake. It returns the token that the
// connection is opened with. A new cookie is not sent: the browser gets it with
// its next hello, which it is told to say.
func (h *Handler) whoamiSocket(c *Call) string {
	if h.Whoami == nil {
		return c.token
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), transport.StoreTimeout)
	defer cancel()
	cookie, token := h.whoami(ctx, nil, c.r, c.request())
	if cookie == (chat.Cookie{}) && token != c.token {
		return "" // it is not known whether the cookies are those of the session's person
	}
	return c.token
}

// repeat is after how many seconds a browser is to say hello again; 0 for never.
func (h *Handler) repeat() int {
	if h.Whoami == nil {
		return 0
	}
	return int(math.Ceil(h.Whoami.Interval().Seconds()))
}

// asked notes that the application was asked about a visitor, for all sockets of
// their session.
//
// Several nodes: the sockets on the others have to be told too, beside the log.
// One that is not is told to say hello, and then to connect anew.
func (h *Handler) asked(v *service.Visit) {
	if h.Whoami != nil && v.Who != chat.WhoNone {
		h.Service.Hub().PublishToSession(v.Session.ID, chat.Event{Kind: chat.EventAsked})
	}
}

// unasked reports whether a socket's visitor has not been asked about for too long.
func (v *socket) unasked() bool {
	if v.handler.Whoami == nil {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return time.Since(v.asked) > maxIntervals*v.handler.Whoami.Interval()
}
