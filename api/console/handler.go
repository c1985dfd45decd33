package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/loglimit"
)

// Console serves the agents' desk below one path.
type Handler struct {
	Service     *chat.Service
	Connections *transport.Connections
	Agents      chat.Agents
	// Path is the prefix without a slash at its end; empty for a site of its own.
	Path string
	// Page is the document; it names Script and Style by their hashes.
	Page, Script, Style *transport.Asset
	// Sites returns the names of all sites.
	Sites func() []string
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

// maxPassword bounds what is hashed for a stranger, in bytes.
const maxPassword = 1024

// Owns reports whether a URL path is the console's.
func (h *Handler) Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, h.Path)
	return ok && (rest == "" || rest[0] == '/')
}

// ServeHTTP answers a request whose URL path the console owns.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, path string) {
	header := w.Header()
	header.Set("Content-Security-Policy", consolePolicy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Frame-Options", "DENY")
	rest := strings.TrimPrefix(path, h.Path)
	switch rest {
	case "":
		header.Set("Location", h.Path+"/")
		w.WriteHeader(http.StatusPermanentRedirect)
	case "/":
		h.Page.ServeHTTP(w, r)
	case "/console.js":
		h.Script.ServeHTTP(w, r)
	case "/console.css":
		h.Style.ServeHTTP(w, r)
	case "/socket":
		h.socket(w, r)
	case "/api/login":
		h.post(w, r, h.ask, h.login)
	case "/api/me":
		h.post(w, r, h.ask, h.me)
	case "/api/logout":
		h.post(w, r, h.mayLogOut, h.logout)
	case "/api/upload":
		h.upload(w, r)
	case "/api/attachment":
		h.attachment(w, r)
	default:
		transport.Refuse(w, chat.ErrNotFound)
	}
}

// cookieName is the name of the agent's cookie. The prefix makes the browser
// refuse one that was planted over an insecure connection.
func (h *Handler) cookieName(secure bool) string {
	switch {
	case secure && h.Path == "":
		return "__Host-parley-desk"
	case secure:
		return "__Secure-parley-desk"
	}
	return "parley-desk"
}

func (h *Handler) token(r *http.Request) string {
	return transport.TokenCookie(r, h.cookieName(h.Secure(r)))
}

func (h *Handler) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	secure := h.Secure(r)
	c := http.Cookie{Name: h.cookieName(secure), Value: token, Path: h.Path + "/", Secure: secure,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(chat.AgentLife / time.Second)}
	if token == "" {
		c.MaxAge = -1
	}
	w.Header().Add("Set-Cookie", c.String())
}

// post answers one request that admit lets in with what the function returns.
func (h *Handler) post(w http.ResponseWriter, r *http.Request, admit func(*http.Request) error,
	f func(context.Context, http.ResponseWriter, *http.Request, []byte) (any, error)) {
	p := transport.Post{Caller: h.Limits.Caller(h.Address(r), ""), Secure: h.Secure(r), Log: h.Log, Op: "console",
		Admit:  func() error { return admit(r) },
		Handle: func(ctx context.Context, body []byte) (any, error) { return f(ctx, w, r, body) }}
	p.Serve(w, r)
}

// ask counts a request that is not more than a question.
func (h *Handler) ask(r *http.Request) error {
	return h.Limits.Take(limits.Request, h.Limits.Caller(h.Address(r), h.token(r)))
}

// mayLogOut counts a logout. One that ends a session is never held back.
func (h *Handler) mayLogOut(r *http.Request) error {
	token := h.token(r)
	err := h.Limits.Take(limits.Logout, h.Limits.Caller(h.Address(r), token))
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), transport.StoreTimeout)
	defer cancel()
	if _, enter := h.Service.EnterDesk(ctx, h.Agents, token); errors.Is(enter, chat.ErrNoSession) {
		return err
	}
	return nil
}

// Log lines that strangers cause, in all consoles of the process.
var (
	// wrongPasswords: bans by address are made from these lines, so that most
	// are there. Checking a password takes longer than writing one.
	wrongPasswords = loglimit.Limit{Burst: 100, Every: time.Second / 5}
	heldBack       = loglimit.Limit{Burst: 10, Every: 10 * time.Second}
)

func (h *Handler) logFailure(kind string, err error) { transport.LogFailure(h.Log, kind, err) }

func (h *Handler) login(ctx context.Context, w http.ResponseWriter, r *http.Request, body []byte) (any, error) {
	var f struct{ Email, Password string }
	if err := frame.Decode(body, &f); err != nil {
		return nil, err
	}
	address := h.Address(r)
	email := strings.ToLower(strings.TrimSpace(f.Email))
	if len(email) > chat.MaxEvidence || len(f.Password) > maxPassword {
		return nil, frame.ErrWrongLogin
	}
	try, err := h.SignIns.Begin(r.Context(), time.Now(), h.Agents, address, email)
	if err != nil {
		heldBack.Log(h.Log, slog.LevelWarn, "sign-in held back after too many wrong passwords", "remote_ip", loglimit.Shorten(address))
		return nil, err
	}
	defer try.End()
	desk, token, err := h.Service.SignInAgent(ctx, try, email, f.Password)
	if errors.Is(err, chat.ErrForbidden) {
		wrongPasswords.Log(h.Log, slog.LevelWarn, "sign-in refused", "remote_ip", loglimit.Shorten(address))
		return nil, frame.ErrWrongLogin
	}
	if err != nil {
		return nil, err
	}
	h.setCookie(w, r, token)
	return newMeAgent(desk.Agent), nil
}

func (h *Handler) me(ctx context.Context, _ http.ResponseWriter, r *http.Request, _ []byte) (any, error) {
	desk, err := h.Service.EnterDesk(ctx, h.Agents, h.token(r))
	if errors.Is(err, chat.ErrNoSession) {
		return nil, frame.ErrSignedOut
	}
	if err != nil {
		return nil, err
	}
	return newMeAgent(desk.Agent), nil
}

func (h *Handler) logout(ctx context.Context, w http.ResponseWriter, r *http.Request, _ []byte) (any, error) {
	h.setCookie(w, r, "")
	desk, err := h.Service.EnterDesk(ctx, h.Agents, h.token(r))
	if errors.Is(err, chat.ErrNoSession) {
		return frame.NewOk(), nil
	}
	if err == nil {
		err = desk.SignOut(ctx)
	}
	return frame.NewOk(), err
}

// socket opens an agent's live connection. Who is not signed in gets one too,
// which says so and ends: a refused handshake tells a browser nothing.
func (h *Handler) socket(w http.ResponseWriter, r *http.Request) {
	if err := transport.CheckSocket(r, h.Secure(r)); err != nil {
		transport.Refuse(w, err)
		return
	}
	c := h.Limits.Caller(h.Address(r), h.token(r))
	release, err := h.Limits.TakeSocket(c)
	if err != nil {
		transport.Refuse(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), transport.StoreTimeout)
	defer cancel()
	desk, err := h.Service.EnterDesk(ctx, h.Agents, h.token(r))
	if err != nil && !errors.Is(err, chat.ErrNoSession) {
		release()
		h.logFailure("socket", err)
		transport.Refuse(w, err)
		return
	}
	if err != nil {
		desk = nil
	}
	h.Connections.Upgrade(w, r, release, func(s *transport.Socket) transport.Peer { return newSocket(h, s, c, desk) })
}
