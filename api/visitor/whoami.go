package visitor

import (
	"context"
	"net/http"
	"time"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// Whoami asks the application behind who is signed in, for a site whose pages
// don't say.
type Whoami interface {
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
	cookie, err := h.observe(ctx, a, request)
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

// observe takes a known answer for evidence. The error has been logged.
func (h *Handler) observe(ctx context.Context, a Answer, request chat.Request) (chat.Cookie, error) {
	cookie, err := h.Service.Sessions.Observe(ctx, request, a.Evidence)
	if err != nil {
		h.logFailure("whoami", err)
	}
	return cookie, err
}

// whoamiSocket is whoami for a socket's handshake. It returns the token that the
// connection is opened with, and what goes on asking while it lives; nil without
// a Whoami. A new cookie is not sent: the browser gets it with its next hello,
// which it is told to say.
func (h *Handler) whoamiSocket(c *Call) (string, *whoamiPoll) {
	if h.Whoami == nil {
		return c.token, nil
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), transport.StoreTimeout)
	defer cancel()
	request := c.request()
	cookie, token := h.whoami(ctx, nil, c.r, request)
	poll := &whoamiPoll{handler: h, question: h.Whoami.Question(c.r), request: request}
	if cookie == (chat.Cookie{}) && token != c.token {
		return "", poll // it is not known whether the cookies are those of the session's person
	}
	return c.token, poll
}
