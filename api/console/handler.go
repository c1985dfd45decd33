package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// Handler serves the agents' console below one path.
type Handler struct {
	Service     *service.Service
	Connections *transport.Connections
	Agents      chat.Agents
	// Path is the prefix without a slash at its end; empty for a site of its own.
	Path string
	// Page is the document; it names Script and Style by their hashes.
	Page, Script, Style *transport.Asset
	// Sites returns the names of all sites.
	Sites func() []string
	// FieldLabels returns what agents read of a site's further fields, by the fields'
	// names. It may be nil.
	FieldLabels func(site string) map[string]string
	// Secure reports whether the browser's connection is HTTPS.
	Secure func(*http.Request) bool
	// Address returns the network address of the browser.
	Address func(*http.Request) string
	// SignIns slows down who guesses passwords; shared by all consoles.
	SignIns *limits.SignIns
	// Limits hold back who asks for too much; shared with the sites.
	Limits *limits.Limits
	Log    *slog.Logger
}

// consolePolicy lets the console's own files run and nothing else.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Owns reports whether a URL path is the console's.
func (h *Handler) Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, h.Path)
	return ok && (rest == "" || rest[0] == '/')
}

// ServeHTTP answers a request whose URL path the console owns. What it serves
// stands in operations.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, path string) {
	setPolicy(w.Header())
	c := &Call{handler: h, w: w, r: r}
	resource, name := operations.Route(strings.TrimPrefix(path, h.Path))
	if resource != nil {
		resource.Serve(c)
		return
	}
	if name == "" {
		transport.Refuse(w, chat.ErrNotFound)
		return
	}
	c.identify()
	op, known := operations.Lookup(name, operation.HTTP)
	if stream := op.Stream(); stream != nil {
		stream(c)
		return
	}
	c.post(name, op, known)
}

func setPolicy(h http.Header) {
	h.Set("Content-Security-Policy", consolePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
}

// redirect sends the browser from the path without its slash to the page.
func (c *Call) redirect() {
	c.w.Header().Set("Location", c.handler.Path+"/")
	c.w.WriteHeader(http.StatusPermanentRedirect)
}

func (c *Call) page() { c.handler.Page.ServeHTTP(c.w, c.r) }

func (c *Call) script() { c.handler.Script.ServeHTTP(c.w, c.r) }

func (c *Call) style() { c.handler.Style.ServeHTTP(c.w, c.r) }

// openSocket opens an agent's socket. Whoever is not signed in
// gets one too, which says so and ends: a page learns nothing from a refused
// handshake.
func (c *Call) openSocket() {
	c.identify()
	h := c.handler
	if err := transport.CheckSocket(c.r, h.Secure(c.r)); err != nil {
		transport.Refuse(c.w, err)
		return
	}
	release, err := h.Limits.TakeSocket(c.caller)
	if err != nil {
		transport.Refuse(c.w, err)
		return
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), transport.StoreTimeout)
	defer cancel()
	desk, err := c.enter(ctx)
	if err != nil && !errors.Is(err, frame.ErrSignedOut) {
		release()
		h.logFailure("socket", err)
		transport.Refuse(c.w, err)
		return
	}
	h.Connections.Upgrade(c.w, c.r, release, func(s *transport.Socket) transport.Peer {
		return newSocket(h, s, c.caller, desk) // nil for who is signed out
	})
}

// token returns the token of a request's session, or an empty string.
func (h *Handler) token(r *http.Request) string {
	return transport.TokenCookie(r, h.cookieName(h.Secure(r)))
}

func (h *Handler) logFailure(op string, err error) { transport.LogFailure(h.Log, op, err) }
