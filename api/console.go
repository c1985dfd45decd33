package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
	"github.com/parley-chat/parley/internal/loglimit"
)

// Console serves the agents' desk below one path.
type Console struct {
	Service *service.Service
	Live    *Live
	Agents  chat.Agents
	// Path is the prefix without a slash at its end; empty for a site of its own.
	Path string
	// Page is the document; it names Script and Style by their hashes.
	Page, Script, Style *Asset
	// Sites returns the names of all sites.
	Sites func() []string
	// Secure reports whether the browser's connection is HTTPS.
	Secure func(*http.Request) bool
	// Address returns the network address of the browser.
	Address func(*http.Request) string
	// Limit slows down who guesses passwords; shared by all consoles.
	Limit *Limiter
	// Limits hold back who asks for too much; shared with the sites.
	Limits *Limits
	Log    *slog.Logger
}

// consolePolicy lets the console's own files run and nothing else.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// maxPassword bounds what is hashed for a stranger, in bytes.
const maxPassword = 1024

// Owns reports whether a URL path is the console's.
func (cs *Console) Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, cs.Path)
	return ok && (rest == "" || rest[0] == '/')
}

// ServeHTTP answers a request whose URL path the console owns.
func (cs *Console) ServeHTTP(w http.ResponseWriter, r *http.Request, path string) {
	h := w.Header()
	h.Set("Content-Security-Policy", consolePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	rest := strings.TrimPrefix(path, cs.Path)
	switch rest {
	case "":
		h.Set("Location", cs.Path+"/")
		w.WriteHeader(http.StatusPermanentRedirect)
	case "/":
		cs.Page.ServeHTTP(w, r)
	case "/console.js":
		cs.Script.ServeHTTP(w, r)
	case "/console.css":
		cs.Style.ServeHTTP(w, r)
	case "/socket":
		cs.socket(w, r)
	case "/api/login":
		cs.post(w, r, cs.ask, cs.login)
	case "/api/me":
		cs.post(w, r, cs.ask, cs.me)
	case "/api/logout":
		cs.post(w, r, cs.mayLogOut, cs.logout)
	case "/api/upload":
		cs.upload(w, r)
	case "/api/attachment":
		cs.attachment(w, r)
	default:
		refuse(w, chat.ErrNotFound)
	}
}

// cookieName is the name of the agent's cookie. The prefix makes the browser
// refuse one that was planted over an insecure connection.
func (cs *Console) cookieName(secure bool) string {
	switch {
	case secure && cs.Path == "":
		return "__Host-parley-desk"
	case secure:
		return "__Secure-parley-desk"
	}
	return "parley-desk"
}

func (cs *Console) token(r *http.Request) string {
	found := r.CookiesNamed(cs.cookieName(cs.Secure(r)))
	if len(found) != 1 {
		return ""
	}
	return cleanToken(found[0].Value)
}

func (cs *Console) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	secure := cs.Secure(r)
	c := http.Cookie{Name: cs.cookieName(secure), Value: token, Path: cs.Path + "/", Secure: secure,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(chat.AgentLife / time.Second)}
	if token == "" {
		c.MaxAge = -1
	}
	w.Header().Add("Set-Cookie", c.String())
}

// post answers one request that admit lets in with what the function returns.
func (cs *Console) post(w http.ResponseWriter, r *http.Request, admit func(*http.Request) error,
	f func(context.Context, http.ResponseWriter, *http.Request, []byte) (any, error)) {
	servePost(w, r, cs.Limits.caller(cs.Address(r), ""), cs.Secure(r), cs.Log, "console", func() error { return admit(r) },
		func(ctx context.Context, body []byte) (any, error) { return f(ctx, w, r, body) })
}

// ask counts a request that is not more than a question.
func (cs *Console) ask(r *http.Request) error {
	return cs.Limits.take(kindAsk, cs.Limits.caller(cs.Address(r), cs.token(r)))
}

// mayLogOut counts a logout. One that ends a session is never held back.
func (cs *Console) mayLogOut(r *http.Request) error {
	token := cs.token(r)
	err := cs.Limits.take(kindLogout, cs.Limits.caller(cs.Address(r), token))
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTime)
	defer cancel()
	if _, enter := cs.Service.EnterDesk(ctx, cs.Agents, token); errors.Is(enter, chat.ErrNoSession) {
		return err
	}
	return nil
}

func (cs *Console) logFailure(kind string, err error) { logFailure(cs.Log, kind, err) }

func (cs *Console) login(ctx context.Context, w http.ResponseWriter, r *http.Request, body []byte) (any, error) {
	var f struct{ Email, Password string }
	if err := decode(body, &f); err != nil {
		return nil, err
	}
	address := cs.Address(r)
	email := strings.ToLower(strings.TrimSpace(f.Email))
	if len(email) > chat.MaxEvidence || len(f.Password) > maxPassword {
		return nil, errWrongLogin
	}
	try, err := cs.Limit.begin(r.Context(), time.Now(), cs.Agents, address, email)
	if err != nil {
		signInsHeldBack.Log(cs.Log, slog.LevelWarn, "sign-in held back after too many wrong passwords", "remote_ip", loglimit.Shorten(address))
		return nil, err
	}
	defer try.end()
	desk, token, err := cs.Service.SignInAgent(ctx, try, email, f.Password)
	if errors.Is(err, chat.ErrForbidden) {
		wrongPasswords.Log(cs.Log, slog.LevelWarn, "sign-in refused", "remote_ip", loglimit.Shorten(address))
		return nil, errWrongLogin
	}
	if err != nil {
		return nil, err
	}
	cs.setCookie(w, r, token)
	return newMeAgent(desk.Agent), nil
}

func (cs *Console) me(ctx context.Context, _ http.ResponseWriter, r *http.Request, _ []byte) (any, error) {
	desk, err := cs.Service.EnterDesk(ctx, cs.Agents, cs.token(r))
	if errors.Is(err, chat.ErrNoSession) {
		return nil, errSignedOut
	}
	if err != nil {
		return nil, err
	}
	return newMeAgent(desk.Agent), nil
}

func (cs *Console) logout(ctx context.Context, w http.ResponseWriter, r *http.Request, _ []byte) (any, error) {
	cs.setCookie(w, r, "")
	desk, err := cs.Service.EnterDesk(ctx, cs.Agents, cs.token(r))
	if errors.Is(err, chat.ErrNoSession) {
		return bareFrame{"ok"}, nil
	}
	if err == nil {
		err = desk.SignOut(ctx)
	}
	return bareFrame{"ok"}, err
}

// socket opens an agent's live connection. Who is not signed in gets one too,
// which says so and ends: a refused handshake tells a browser nothing.
func (cs *Console) socket(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r, cs.Secure(r)) {
		refuse(w, errForeignOrigin)
		return
	}
	c := cs.Limits.caller(cs.Address(r), cs.token(r))
	closed, err := cs.Limits.socket(c)
	if err != nil {
		refuse(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	desk, err := cs.Service.EnterDesk(ctx, cs.Agents, cs.token(r))
	if err != nil && !errors.Is(err, chat.ErrNoSession) {
		closed()
		cs.logFailure("socket", err)
		refuse(w, err)
		return
	}
	if err != nil {
		desk = nil
	}
	upgrade(w, r, cs.Live, closed, func(s *socket) peer { return newDeskSocket(cs, s, c, desk) })
}
