package visitor

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/export"
	"github.com/parley-chat/parley/chat/service"
)

// Handler serves what visitors' browsers ask for below one path.
type Handler struct {
	Service     *service.Service
	Connections *transport.Connections
	Site        *chat.Site
	// Path is the prefix without a slash at its end, such as /_chat.
	Path string
	// Cookies are the site's.
	Cookies Cookies
	// Loader is the script of every page.
	Loader *transport.Asset
	// Parts are the scripts that are fetched later, by their names.
	Parts map[string]http.Handler
	// Pictures are the operator's, by what they are for: icon, logo, picture.
	Pictures map[string]http.Handler
	// Face returns an agent's picture by its name (chat.AgentInfo), or nil.
	Face func(name string) http.Handler
	// UsualReply returns how long an answer usually takes, zero where that is not
	// known; nil where nobody is told.
	UsualReply func() time.Duration
	// Secure reports whether the browser's connection is HTTPS.
	Secure func(*http.Request) bool
	// Client tells browsers apart, by network address and User-Agent.
	Client func(*http.Request) string
	// Address returns the network address of the browser; empty where that is
	// not known.
	Address func(*http.Request) string
	// Words are what a transcript says in a language, or in English. Without them it
	// names nobody who has no name.
	Words func(language string) export.Words
	// RatingOff means that visitors are not asked what they think of the chat, and
	// can't say it.
	RatingOff bool
	// Limits hold back who asks for too much; shared by all sites.
	Limits *limits.Limits
	// Whoami asks the application who is signed in; nil where its pages say so.
	Whoami Whoami
	// Rules returns the names of the site's rules that ask something of a person
	// which this one has; nil where no rule does.
	Rules func(chat.Profile) []string
	Log   *slog.Logger
}

// Owns reports whether a URL path is the handler's.
func (h *Handler) Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, h.Path)
	return ok && (rest == "" || rest[0] == '/')
}

// ServeHTTP answers a request whose URL path the handler owns. What it serves
// stands in operations.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, path string) {
	c := &Call{handler: h, w: w, r: r, arrived: time.Now()}
	resource, name := operations.Route(strings.TrimPrefix(path, h.Path))
	switch {
	case resource != nil:
		resource.Serve(c)
		return
	case name == "":
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

// identify reads who the request says it is from.
func (c *Call) identify() {
	h := c.handler
	c.secure = h.Secure(c.r)
	c.token = h.Cookies.Token(c.r, c.secure)
	c.caller = h.Limits.Caller(h.Address(c.r), c.token)
}

func (c *Call) loader() { c.handler.Loader.ServeHTTP(c.w, c.r) }

// part serves a script that is fetched when there is need of it.
func part(name string) func(*Call) {
	return func(c *Call) { c.file(c.handler.Parts[name]) }
}

// picture serves a picture of the operator's.
func picture(name string) func(*Call) {
	return func(c *Call) { c.file(c.handler.Pictures[name]) }
}

func (c *Call) file(file http.Handler) {
	if file == nil {
		transport.Refuse(c.w, chat.ErrNotFound)
		return
	}
	file.ServeHTTP(c.w, c.r)
}

// openSocket opens a visitor's socket.
func (c *Call) openSocket() {
	c.identify()
	h := c.handler
	if err := transport.CheckSocket(c.r, c.secure); err != nil {
		transport.Refuse(c.w, err)
		return
	}
	release, err := h.Limits.TakeSocket(c.caller)
	if err != nil {
		transport.Refuse(c.w, err)
		return
	}
	token := h.whoamiSocket(c)
	client := h.Client(c.r)
	h.Connections.Upgrade(c.w, c.r, release, func(s *transport.Socket) transport.Peer {
		return newSocket(h, s, c.caller, token, client)
	})
}

func (h *Handler) logFailure(op string, err error) { transport.LogFailure(h.Log, op, err) }
