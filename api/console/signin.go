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
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/loglimit"
)

// maxPassword bounds what is hashed for a stranger, in bytes.
const maxPassword = 1024

// Log lines that strangers cause, in all consoles of the process.
var (
	// wrongPasswords: bans by address are made from these lines, so that most
	// are there. Checking a password takes longer than writing one.
	wrongPasswords = loglimit.Limit{Burst: 100, Every: time.Second / 5}
	heldBack       = loglimit.Limit{Burst: 10, Every: 10 * time.Second}
)

// login checks a password and makes a session.
func login(ctx context.Context, c *Call, r LoginRequest) (Me, error) {
	h := c.handler
	address := h.Address(c.r)
	email := strings.ToLower(strings.TrimSpace(r.Email))
	if len(email) > chat.MaxEvidence || len(r.Password) > maxPassword {
		return Me{}, frame.ErrWrongLogin
	}
	now := time.Now()
	device := c.device(email, now)
	try, err := h.SignIns.Begin(c.r.Context(), h.Agents, limits.Origin{Address: address, Device: device.name()}, email)
	if err != nil {
		heldBack.Log(h.Log, slog.LevelWarn, "sign-in held back after too many wrong passwords", "remote_ip", loglimit.Shorten(address))
		return Me{}, err
	}
	defer try.End()
	desk, token, err := h.Service.SignInAgent(ctx, try, email, r.Password)
	if errors.Is(err, chat.ErrForbidden) {
		wrongPasswords.Log(h.Log, slog.LevelWarn, "sign-in refused", "remote_ip", loglimit.Shorten(address))
		return Me{}, frame.ErrWrongLogin
	}
	if err != nil {
		return Me{}, err
	}
	c.setCookie(token)
	c.keepDevice(device, email, now)
	return newMe(desk.Agent), nil
}

// me tells who is signed in.
func me(_ context.Context, c *Call, _ operation.Nothing) (Me, error) { return newMe(c.desk.Agent), nil }

// logout ends the session, if there is one.
func logout(ctx context.Context, c *Call, _ operation.Nothing) (frame.Ok, error) {
	c.setCookie("")
	desk, err := c.enter(ctx)
	if errors.Is(err, frame.ErrSignedOut) {
		return frame.NewOk(), nil
	}
	if err == nil {
		err = desk.SignOut(ctx)
	}
	return frame.NewOk(), err
}

// cookieName is the name of the cookie of the agent's session.
func (h *Handler) cookieName(secure bool) string { return h.prefixed("parley-desk", secure) }

// prefixed is the name of a cookie as the browser gets it. The prefix makes it
// refuse one that was planted over an insecure connection. Without it, the dot
// tells it from those of any site, whose name has none.
func (h *Handler) prefixed(name string, secure bool) string {
	switch {
	case secure && h.Path == "":
		return "__Host-" + name
	case secure:
		return "__Secure-" + name
	}
	return strings.ReplaceAll(name, "-", ".")
}

// setCookie sets the cookie to a token, or with an empty one clears it.
func (c *Call) setCookie(token string) {
	h := c.handler
	secure := h.Secure(c.r)
	cookie := http.Cookie{Name: h.cookieName(secure), Value: token, Path: h.Path + "/", Secure: secure,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(chat.AgentLife / time.Second)}
	if token == "" {
		cookie.MaxAge = -1
	}
	c.w.Header().Add("Set-Cookie", cookie.String())
}
