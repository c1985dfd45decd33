package visitor

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
)

// Handler serves what the visitor's side asks for below one path.
type Handler struct {
	Service     *chat.Service
	Connections *transport.Connections
	Site        *chat.Site
	// Path is the prefix without a slash at its end, such as /_chat.
	Path string
	// Cookies are the site's.
	Cookies Cookies
	// Loader and Chat are the two scripts.
	Loader, Chat *transport.Asset
	// Secure reports whether the browser's connection is HTTPS.
	Secure func(*http.Request) bool
	// Client tells browsers apart, by network address and User-Agent.
	Client func(*http.Request) string
	// Address returns the network address of the browser; empty where that is
	// not known.
	Address func(*http.Request) string
	// Limits hold back who asks for too much; shared by all sites.
	Limits *limits.Limits
	// Whoami asks the application who is signed in; nil where its pages say so.
	Whoami Whoami
	Log    *slog.Logger
}

// Owns reports whether a URL path is the widget's.
func (h *Handler) Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, h.Path)
	return ok && (rest == "" || rest[0] == '/')
}

// ServeHTTP answers a request whose URL path the widget owns.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, path string) {
	arrived := time.Now()
	rest := strings.TrimPrefix(path, h.Path)
	switch rest {
	case "/widget.js":
		h.Loader.ServeHTTP(w, r)
		return
	case "/chat.js":
		h.Chat.ServeHTTP(w, r)
		return
	case "/socket":
		h.socket(w, r, arrived)
		return
	}
	switch rest {
	case "/api/upload":
		h.upload(w, r)
		return
	case "/api/attachment":
		h.attachment(w, r)
		return
	}
	if kind, ok := strings.CutPrefix(rest, "/api/"); ok {
		h.post(w, r, kind, arrived)
		return
	}
	transport.Refuse(w, chat.ErrNotFound)
}

// socket opens a visitor's live connection.
func (h *Handler) socket(w http.ResponseWriter, r *http.Request, arrived time.Time) {
	secure := h.Secure(r)
	if err := transport.CheckSocket(r, secure); err != nil {
		transport.Refuse(w, err)
		return
	}
	token := h.Cookies.Token(r, secure)
	c := h.caller(r, token)
	release, err := h.Limits.TakeSocket(c)
	if err != nil {
		transport.Refuse(w, err)
		return
	}
	asking := h.whoamiSocket(r, token, arrived)
	h.Connections.Upgrade(w, r, release, func(s *transport.Socket) transport.Peer { return newSocket(h, s, c, token).with(asking) })
}

// post answers one frame of a request that arrived before its body was read,
// which may take long.
func (h *Handler) post(w http.ResponseWriter, r *http.Request, kind string, arrived time.Time) {
	secure := h.Secure(r)
	token := h.Cookies.Token(r, secure)
	admit := func() error { return h.admit(w, r, token, kind) }
	p := transport.Post{Caller: h.caller(r, token), Secure: secure, Log: h.Log, Op: kind, Admit: admit, Handle: func(ctx context.Context, body []byte) (any, error) {
		var f visitorFrame
		if err := frame.Decode(body, &f); err != nil {
			return nil, err
		}
		return h.handle(ctx, w, r, h.request(r, token, arrived), kind, f)
	}}
	p.Serve(w, r)
}

// admit says whether a request may go on whose body has not been read. A logout
// may always that ends a session, whatever strangers behind the same address do.
// One that ends nothing may wait.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, token, kind string) error {
	switch kind {
	case "hello", "start", "send", "earlier", "read", "tag", "typing", "page", "reset":
	default:
		return frame.ErrUnknownFrame
	}
	err := h.Limits.Take(classOf(kind), h.caller(r, token))
	if err == nil || kind != "reset" {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), transport.StoreTimeout)
	defer cancel()
	if h.Service.CanLogOut(ctx, h.Site, token) {
		return nil
	}
	h.Cookies.Apply(w.Header(), chat.Cookie{Clear: true}, h.Secure(r))
	return err
}

// request is what a request tells about the browser that sent it.
func (h *Handler) request(r *http.Request, token string, arrived time.Time) chat.Request {
	return chat.Request{Site: h.Site, Token: token, Anonymous: h.Cookies.Anonymous(r), Client: h.Client(r), Arrived: arrived}
}

func (h *Handler) caller(r *http.Request, token string) limits.Caller {
	return h.Limits.Caller(h.Address(r), token)
}

// classOf is what a frame counts as.
func classOf(name string) limits.Class {
	switch name {
	case "start":
		return limits.Start
	case "send", "reply":
		return limits.Message
	case "reset":
		return limits.Logout
	}
	return limits.Request
}

func (h *Handler) logFailure(kind string, err error) { transport.LogFailure(h.Log, kind, err) }

func (h *Handler) handle(ctx context.Context, w http.ResponseWriter, r *http.Request, asked chat.Request, kind string, f visitorFrame) (any, error) {
	secure := h.Secure(r)
	if kind == "reset" {
		return h.reset(ctx, w, r, asked)
	}
	cookie, token := h.whoami(ctx, w.Header(), r, asked)
	asked.Token = token
	switch {
	case kind == "start":
		return h.start(ctx, w, token, secure, f)
	case kind != "hello" && kind != "tag" && cookie != (chat.Cookie{}):
		return bareFrame{"again"}, nil // it was meant by who was there before
	}
	if kind == "tag" {
		if raw := externalToken([]byte(f.Data)); raw != "" {
			return h.acceptToken(ctx, w, asked, secure, raw)
		}
	}
	v, err := h.Service.Enter(ctx, h.Site, token, f.Mark)
	if err != nil {
		return nil, err
	}
	if kind == "hello" {
		h.Cookies.Apply(w.Header(), v.Renewal(), secure)
		hello, c, err := h.hello(ctx, v, f)
		if err == nil && c != nil && f.Page.URL != "" {
			h.Service.Hub().Moved(c, f.Page.clean())
		}
		return hello, err
	}
	return h.say(ctx, v, kind, f)
}

// reset logs out.
func (h *Handler) reset(ctx context.Context, w http.ResponseWriter, r *http.Request, asked chat.Request) (any, error) {
	if h.Whoami != nil {
		h.Whoami.Question(r).Withdraw()
	}
	l, err := h.Service.BeginLogout(ctx, asked)
	l.Done()
	h.Cookies.Apply(w.Header(), chat.Cookie{Clear: true}, h.Secure(r))
	if err != nil {
		h.logFailure("reset", err)
	}
	return bareFrame{"reset"}, nil
}

// start makes the session of an anonymous visitor, and keeps their first
// message if it comes along.
func (h *Handler) start(ctx context.Context, w http.ResponseWriter, token string, secure bool, f visitorFrame) (any, error) {
	says := f.CID != "" || f.Text != ""
	if says {
		// What will be refused in the end makes no session.
		if err := chat.CheckDraft(f.CID, f.Text); err != nil {
			return nil, err
		}
	}
	v, mark, newToken, err := h.Service.Start(ctx, h.Site, token, f.Mark)
	if err != nil {
		return nil, err
	}
	h.Cookies.Apply(w.Header(), h.Site.AnonymousCookie(newToken), secure)
	if says && v.Who != chat.WhoNone {
		if _, err := h.say(ctx, v, "send", f); err != nil {
			return nil, err
		}
	}
	hello, _, err := h.hello(ctx, v, f)
	hello.Mark = mark
	return hello, err
}

// say handles the frames that are the same over HTTP and the socket.
func (h *Handler) say(ctx context.Context, v *chat.Visit, kind string, f visitorFrame) (any, error) {
	switch kind {
	case "send":
		page := f.Page
		if page.URL == "" {
			page = f.pageFrame
		}
		_, m, err := v.Send(ctx, f.CID, f.Text, page.clean(), f.Attachments...)
		if err != nil {
			return nil, err
		}
		return frame.NewAck(m), nil
	case "earlier":
		c, err := v.Conversation(ctx)
		if err != nil {
			return nil, err
		}
		list, err := v.Before(ctx, c.ID, f.Before)
		return earlierFrame{"earlier", frame.NewMessages(list, chat.Visitor), frame.HasEarlier(list)}, err
	case "read":
		return frame.NewOk(), v.Read(ctx, f.Seq)
	case "tag":
		patch, err := chat.ParseProfilePatch([]byte(f.Data))
		if err != nil {
			return nil, err
		}
		return frame.NewOk(), v.Claim(ctx, patch)
	case "typing", "page":
		c, err := v.Conversation(ctx)
		if err != nil {
			return nil, err
		}
		if kind == "page" {
			h.Service.Hub().Moved(&c, f.clean())
		} else {
			v.Typing(&c, f.On)
		}
		return frame.NewOk(), nil
	}
	return nil, frame.ErrUnknownFrame
}

// hello describes a visit. The conversation is nil where there is none.
func (h *Handler) hello(ctx context.Context, v *chat.Visit, f visitorFrame) (helloFrame, *chat.Conversation, error) {
	hello := helloFrame{T: "hello", Who: v.Who, Stale: v.Stale, Online: h.Service.Hub().Online(h.Site.Name),
		Messages: []frame.Message{}}
	if v.Who == chat.WhoNone {
		return hello, nil, nil
	}
	if p := v.Person.Profile; v.Who == chat.WhoPerson {
		hello.Me = &meFrame{p.Firstname, p.Lastname, p.Email}
	}
	c, err := v.Conversation(ctx)
	if errors.Is(err, chat.ErrNotFound) {
		return hello, nil, nil
	}
	if err != nil {
		return hello, nil, err
	}
	var list []chat.Message
	if f.After > 0 && f.After <= c.Last {
		list, err = v.After(ctx, c.ID, f.After)
	} else {
		list, err = v.Before(ctx, c.ID, 0)
	}
	if err != nil {
		return hello, nil, err
	}
	state := h.state(&c)
	hello.Conversation, hello.Messages, hello.Earlier = &state, frame.NewMessages(list, chat.Visitor), frame.HasEarlier(list)
	return hello, &c, nil
}

// state is a conversation as the visitor sees it.
func (h *Handler) state(c *chat.Conversation) stateFrame {
	f := stateFrame{T: "state", Status: c.Status, Last: c.Last, Read: c.VisitorRead, Unread: c.VisitorUnread}
	if h.Site.Agents != nil && c.Assignee != "" {
		if a, _, ok := h.Site.Agents.Agent(c.Assignee); ok {
			f.Agent = a.DisplayName()
		}
	}
	return f
}
