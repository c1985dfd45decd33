package caddymodule

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/parley-chat/parley/caddymodule/internal/gateway"
	"github.com/parley-chat/parley/caddymodule/internal/request"
	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/session"
	"github.com/parley-chat/parley/inject"
	"github.com/parley-chat/parley/internal/httpfields"
	"github.com/parley-chat/parley/internal/loglimit"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/internal/sharedcache"
	"github.com/parley-chat/parley/internal/timeouts"
)

// exchangeFailures are log lines that any request may cause while the store
// does not do what it should.
var exchangeFailures = loglimit.Limit{Burst: 50, Every: time.Second}

// exchange is one request to the site and the response to it.
type exchange struct {
	handler *Handler
	request *http.Request
	arrived time.Time
	secure  bool
	token   string
	public  bool
	// leaving means that the request logs out, also where logout is nil
	// because of a bug.
	leaving bool
	logout  *session.Logout
	cookie  []string // the request's Cookie as it arrived, if it was changed
	// browser is whose answer to a probe may change with this request; nil
	// where nobody is asked.
	browser *whoami.BrowserKey
	// answers are those of gateways; nil where none counts.
	answers *gateway.Answers
	noted   evidenceKind
	// onHeader is the method header. It is made once for all the requests that
	// an exchange serves.
	onHeader inject.HeaderFunc
}

// exchanges are used again: each request would take two allocations for its own.
var exchanges = sync.Pool{New: func() any {
	x := new(exchange)
	x.onHeader = x.header
	return x
}}

// newExchange takes note of when a request arrived. Its release follows.
func newExchange(h *Handler, r *http.Request) *exchange {
	x := exchanges.Get().(*exchange)
	x.handler, x.request, x.arrived = h, r, time.Now()
	return x
}

// release ends the use of the exchange.
func (x *exchange) release() {
	x.done()
	*x = exchange{onHeader: x.onHeader}
	exchanges.Put(x)
}

// begin looks at the request before the site does, and prepares it for the
// site. Where it can't, because of a bug, the site answers without us.
func (x *exchange) begin(arrived *http.Request) (d inject.Decision, ok bool) {
	h, r := x.handler, x.request
	defer panics.Log(h.log, "looking at a request")
	x.secure = request.Secure(r)
	sessions := h.cookies.Present(r.Header)
	if sessions {
		x.token = h.cookies.Token(r, x.secure)
	}
	x.public = h.public.match(arrived)
	x.warnUntrusted()
	x.warnProxy()
	x.leaving = h.isLogout(r, arrived)
	if h.whoami != nil {
		key := h.whoami.Browser(r)
		x.browser = &key
	}
	if x.leaving {
		x.beginLogout()
	}
	if sessions {
		x.hideToken()
	}
	// Caddy's own handlers edit requests in place too, and its access log has
	// noted before what the client asked for.
	var opts inject.Option
	if h.excluded.matchLoosely(arrived) {
		opts |= inject.Exclude
	}
	if h.forced.match(arrived) {
		opts |= inject.Force
	}
	d = h.injector.Request(r, opts)
	x.listen()
	return d, true
}

// hideToken takes the session's cookie out of the request before the site sees
// it: it is nobody's business behind us. It is the request that placeholders
// read, so it is not enough to hand on a copy.
func (x *exchange) hideToken() {
	x.cookie = x.request.Header["Cookie"]
	x.handler.cookies.Strip(x.request.Header)
}

// strip takes the evidence out of a header, trailers included.
func (h *Handler) strip(header http.Header) {
	if h.isEvidence != nil {
		httpfields.Drop(header, h.isEvidence)
	}
}

// isLogout reports whether a request logs out. A matcher that fails counts as
// one that matches: better logged out once too often.
func (h *Handler) isLogout(r, arrived *http.Request) bool {
	if h.logoutPaths.matchLoosely(arrived) || r != arrived && h.logoutPaths.matchLoosely(r) {
		return true
	}
	if len(h.logout) == 0 {
		return false
	}
	match, err := h.logout.AnyMatchWithError(r)
	if err != nil {
		exchangeFailures.Log(h.log, slog.LevelError, "matching a logout; taken as one", "error", err)
		return true
	}
	return match
}

// changes reports whether requests of a method may change who is signed in.
func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// forgetAnswer has the application asked again who is signed in at this browser,
// after a response that may have changed it: to a request that is more than a
// look, unless it failed, and any that sets a cookie, since its value may be the
// same as before. What a logout withdrew counts again only after what looks like
// a sign-in: scripts post all the time.
func (x *exchange) forgetAnswer(header http.Header, status int) {
	if x.browser == nil || x.leaving || status < http.StatusOK {
		return
	}
	posted := changes(x.request.Method) && status < http.StatusBadRequest
	sets := len(header["Set-Cookie"]) > 0
	switch {
	case posted && (sets || status >= http.StatusMultipleChoices):
		x.handler.whoami.Changed(*x.browser, x.arrived)
	case posted || sets:
		x.handler.whoami.Forget(*x.browser)
	}
}

func (x *exchange) beginLogout() {
	defer panics.Log(x.handler.log, "logging out")
	if x.browser != nil {
		x.handler.whoami.Withdraw(*x.browser) // anew when it is done
	}
	ctx, cancel := x.context()
	defer cancel()
	var err error
	x.logout, err = x.handler.app.instance.Service.Sessions.BeginLogout(ctx, x.chatRequest())
	if err != nil && !errors.Is(err, chat.ErrUnavailable) {
		exchangeFailures.Log(x.handler.log, slog.LevelError, "storing a logout; it counts, and is stored when that can be", "error", err)
	}
}

// context is for the store: a browser that goes away changes nothing about
// what its request meant.
func (x *exchange) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(x.request.Context()), timeouts.Evidence)
}

func (x *exchange) chatRequest() chat.Request {
	return chat.Request{Site: x.handler.site, Token: x.token, Anonymous: x.handler.cookies.Anonymous(x.request),
		Client: request.Client(x.request), Navigation: request.IsNavigation(x.request), Arrived: x.arrived}
}

// done ends the bar of a logout, also of one that was never answered.
func (x *exchange) done() {
	if x.leaving && x.browser != nil {
		// The browser's other tabs may ask before it has heard that its cookies
		// are to go.
		x.handler.whoami.Withdraw(*x.browser)
		x.browser = nil
	}
	if x.logout != nil {
		x.logout.Done()
		x.logout = nil
	}
}

// failed prepares the header of an answer that will be made elsewhere.
func (x *exchange) failed(h http.Header) {
	x.handler.strip(h)
	if x.cookie != nil {
		x.request.Header["Cookie"] = x.cookie
	}
	if x.leaving {
		x.handler.cookies.Apply(h, chat.Cookie{Clear: true}, x.secure)
	}
}

// header looks at a response's header before it is sent.
func (x *exchange) header(header http.Header, status int, reason inject.Reason) {
	h := x.handler
	defer panics.Log(h.log, "looking at a response")
	x.forgetAnswer(header, status) // before there is a cookie of ours
	x.identity(header, status, reason)
	if h.CSP == cspOff && reason == inject.Injected {
		h.advise(x.request, header)
	}
}

// advise says once what a policy that is left alone would need.
func (h *Handler) advise(r *http.Request, header http.Header) {
	if needed := h.injector.CSPChange(r, header); needed != nil {
		h.policyLogged.Do(func() {
			h.log.Warn("a page's Content-Security-Policy, which csp off leaves alone, keeps the chat from running",
				"uri", request.Original(r).URL.Path, "needed", needed)
		})
	}
}

// identity reads and strips the evidence of who is signed in, and writes what
// follows from it into the header.
func (x *exchange) identity(header http.Header, status int, reason inject.Reason) {
	h := x.handler
	var profile chat.Profile
	if h.Identity != nil {
		// Stripping comes before all else: no failure may leave evidence for
		// the browser to see.
		if status >= http.StatusOK {
			profile = x.evidence(header)
			x.noteEvidence(profile)
		}
		httpfields.DropSent(header, h.Identity.EvidenceFields())
	}
	if status < http.StatusOK || x.endLogout(header) || h.Identity == nil {
		return
	}
	page := status < 300 && reason == inject.Injected && !x.public &&
		x.request.Method == http.MethodGet && len(x.request.Header["Sec-Purpose"]) == 0
	nobody := profile.ID == "" && profile.Email == ""
	if nobody && (x.token == "" || !page) {
		return // as of most responses, so it comes before a look at the whole header
	}
	if sharedcache.MayHave(header) {
		x.noted = x.noted.cached()
		if !nobody {
			h.cacheLogged.Do(func() {
				h.log.Warn("evidence of who is signed in on a response that came or may come from a cache; ignored: "+
					"such a response is one visitor's and must not be public", "uri", request.Original(x.request).URL.Path)
			})
		}
		return
	}
	ctx, cancel := x.context()
	defer cancel()
	cookie, err := h.app.instance.Service.Sessions.Observe(ctx, x.chatRequest(), chat.Evidence{Profile: profile, Page: page})
	if err != nil && !errors.Is(err, chat.ErrUnavailable) {
		exchangeFailures.Log(h.log, slog.LevelError, "taking note of who is signed in", "error", err)
	}
	h.cookies.Apply(header, cookie, x.secure)
}

// endLogout completes a logout, if the request was one.
func (x *exchange) endLogout(header http.Header) bool {
	if !x.leaving {
		return false
	}
	// Also where no cookie came: a logout posted by another site has none.
	x.handler.cookies.Apply(header, chat.Cookie{Clear: true}, x.secure)
	x.done()
	return true
}
