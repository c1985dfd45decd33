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
)

// storeTime bounds how long a browser waits for the store.
const storeTime = 10 * time.Second

// Widget serves what the visitor's side asks for below one path.
type Widget struct {
	Service *service.Service
	Live    *Live
	Site    *chat.Site
	// Path is the prefix without a slash at its end, such as /_chat.
	Path string
	// Cookies are the site's.
	Cookies Cookies
	// Loader and Chat are the two scripts.
	Loader, Chat *Asset
	// Secure reports whether the browser's connection is HTTPS.
	Secure func(*http.Request) bool
	// Client tells browsers apart, by network address and User-Agent.
	Client func(*http.Request) string
	// Address returns the network address of the browser; empty where that is
	// not known.
	Address func(*http.Request) string
	// Limits hold back who asks for too much; shared by all sites.
	Limits *Limits
	// Prober asks the application who is signed in; nil where its pages say so.
	Prober Prober
	Log    *slog.Logger
}

// Owns reports whether a URL path is the widget's.
func (wd *Widget) Owns(path string) bool {
	rest, ok := strings.CutPrefix(path, wd.Path)
	return ok && (rest == "" || rest[0] == '/')
}

// ServeHTTP answers a request whose URL path the widget owns.
func (wd *Widget) ServeHTTP(w http.ResponseWriter, r *http.Request, path string) {
	arrived := time.Now()
	rest := strings.TrimPrefix(path, wd.Path)
	switch rest {
	case "/widget.js":
		wd.Loader.ServeHTTP(w, r)
		return
	case "/chat.js":
		wd.Chat.ServeHTTP(w, r)
		return
	case "/socket":
		if !sameOrigin(r, wd.Secure(r)) {
			refuse(w, errForeignOrigin)
			return
		}
		token := wd.Cookies.Token(r, wd.Secure(r))
		c := wd.caller(r, token)
		closed, err := wd.Limits.socket(c)
		if err != nil {
			refuse(w, err)
			return
		}
		asking := wd.probeSocket(r, token, arrived)
		upgrade(w, r, wd.Live, closed, func(s *socket) peer { return newVisitorSocket(wd, s, c, token).with(asking) })
		return
	}
	switch rest {
	case "/api/upload":
		wd.upload(w, r)
		return
	case "/api/attachment":
		wd.attachment(w, r)
		return
	}
	if kind, ok := strings.CutPrefix(rest, "/api/"); ok {
		wd.post(w, r, kind, arrived)
		return
	}
	refuse(w, chat.ErrNotFound)
}

// post answers one frame of a request that arrived before its body was read,
// which may take long.
func (wd *Widget) post(w http.ResponseWriter, r *http.Request, kind string, arrived time.Time) {
	secure := wd.Secure(r)
	token := wd.Cookies.Token(r, secure)
	admit := func() error { return wd.admit(w, r, token, kind) }
	servePost(w, r, wd.caller(r, token), secure, wd.Log, kind, admit, func(ctx context.Context, body []byte) (any, error) {
		var f visitorFrame
		if err := decode(body, &f); err != nil {
			return nil, err
		}
		return wd.handle(ctx, w, r, wd.request(r, token, arrived), kind, f)
	})
}

// admit says whether a request may go on whose body has not been read. A logout
// may always that ends a session, whatever strangers behind the same address do.
// One that ends nothing may wait.
func (wd *Widget) admit(w http.ResponseWriter, r *http.Request, token, kind string) error {
	switch kind {
	case "hello", "start", "send", "earlier", "read", "tag", "typing", "page", "reset":
	default:
		return errUnknownFrame
	}
	err := wd.Limits.take(kindOf(kind), wd.caller(r, token))
	if err == nil || kind != "reset" {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTime)
	defer cancel()
	if wd.Service.Sessions.CanLogOut(ctx, wd.Site, token) {
		return nil
	}
	wd.Cookies.Apply(w.Header(), chat.Cookie{Clear: true}, wd.Secure(r))
	return err
}

// request is what a request tells about the browser that sent it.
func (wd *Widget) request(r *http.Request, token string, arrived time.Time) chat.Request {
	return chat.Request{Site: wd.Site, Token: token, Anonymous: wd.Cookies.Anonymous(r), Client: wd.Client(r), Arrived: arrived}
}

func (wd *Widget) caller(r *http.Request, token string) caller {
	return wd.Limits.caller(wd.Address(r), token)
}

// kindOf is what a frame counts as.
func kindOf(frame string) kind {
	switch frame {
	case "start":
		return kindStart
	case "send", "reply":
		return kindMessage
	case "reset":
		return kindLogout
	}
	return kindAsk
}

func (wd *Widget) logFailure(kind string, err error) { logFailure(wd.Log, kind, err) }

func (wd *Widget) handle(ctx context.Context, w http.ResponseWriter, r *http.Request, asked chat.Request, kind string, f visitorFrame) (any, error) {
	secure := wd.Secure(r)
	if kind == "reset" {
		return wd.reset(ctx, w, r, asked)
	}
	cookie, token := wd.probe(ctx, w.Header(), r, asked)
	asked.Token = token
	switch {
	case kind == "start":
		return wd.start(ctx, w, token, secure, f)
	case kind != "hello" && kind != "tag" && cookie != (chat.Cookie{}):
		return bareFrame{"again"}, nil // it was meant by who was there before
	}
	if kind == "tag" {
		if raw := externalToken([]byte(f.Data)); raw != "" {
			return wd.vouch(ctx, w, asked, secure, raw)
		}
	}
	v, err := wd.Service.Enter(ctx, wd.Site, token, f.Mark)
	if err != nil {
		return nil, err
	}
	if kind == "hello" {
		wd.Cookies.Apply(w.Header(), v.Renewal(), secure)
		hello, c, err := wd.hello(ctx, v, f)
		if err == nil && c != nil && f.Page.URL != "" {
			wd.Service.Hub().Moved(c, f.Page.clean())
		}
		return hello, err
	}
	return wd.say(ctx, v, kind, f)
}

// reset logs out.
func (wd *Widget) reset(ctx context.Context, w http.ResponseWriter, r *http.Request, asked chat.Request) (any, error) {
	if wd.Prober != nil {
		wd.Prober.Question(r).Withdraw()
	}
	l, err := wd.Service.Sessions.BeginLogout(ctx, asked)
	l.Done()
	wd.Cookies.Apply(w.Header(), chat.Cookie{Clear: true}, wd.Secure(r))
	if err != nil {
		wd.logFailure("reset", err)
	}
	return bareFrame{"reset"}, nil
}

// start makes the session of an anonymous visitor, and keeps their first
// message if it comes along.
func (wd *Widget) start(ctx context.Context, w http.ResponseWriter, token string, secure bool, f visitorFrame) (any, error) {
	says := f.CID != "" || f.Text != ""
	if says {
		// What will be refused in the end makes no session.
		if err := chat.CheckDraft(f.CID, f.Text); err != nil {
			return nil, err
		}
	}
	v, mark, newToken, err := wd.Service.Start(ctx, wd.Site, token, f.Mark)
	if err != nil {
		return nil, err
	}
	wd.Cookies.Apply(w.Header(), wd.Site.AnonymousCookie(newToken), secure)
	if says && v.Who != chat.WhoNone {
		if _, err := wd.say(ctx, v, "send", f); err != nil {
			return nil, err
		}
	}
	hello, _, err := wd.hello(ctx, v, f)
	hello.Mark = mark
	return hello, err
}

// say handles the frames that are the same over HTTP and the socket.
func (wd *Widget) say(ctx context.Context, v *service.Visit, kind string, f visitorFrame) (any, error) {
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
		return ackFrame{T: "ack", CID: m.ClientID, Seq: m.Seq, Time: m.Time.UnixMilli()}, nil
	case "earlier":
		c, err := v.Conversation(ctx)
		if err != nil {
			return nil, err
		}
		list, err := v.Before(ctx, c.ID, f.Before)
		return earlierFrame{"earlier", newMessageFrames(list, chat.Visitor), earlier(list)}, err
	case "read":
		return bareFrame{"ok"}, v.Read(ctx, f.Seq)
	case "tag":
		patch, err := chat.ParseProfilePatch([]byte(f.Data))
		if err != nil {
			return nil, err
		}
		return bareFrame{"ok"}, v.Claim(ctx, patch)
	case "typing", "page":
		c, err := v.Conversation(ctx)
		if err != nil {
			return nil, err
		}
		if kind == "page" {
			wd.Service.Hub().Moved(&c, f.clean())
		} else {
			v.Typing(&c, f.On)
		}
		return bareFrame{"ok"}, nil
	}
	return nil, errUnknownFrame
}

// hello describes a visit. The conversation is nil where there is none.
func (wd *Widget) hello(ctx context.Context, v *service.Visit, f visitorFrame) (helloFrame, *chat.Conversation, error) {
	hello := helloFrame{T: "hello", Who: v.Who, Stale: v.Stale, Online: wd.Service.Hub().Online(wd.Site.Name),
		Messages: []messageFrame{}}
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
	state := wd.state(&c)
	hello.Conversation, hello.Messages, hello.Earlier = &state, newMessageFrames(list, chat.Visitor), earlier(list)
	return hello, &c, nil
}

// state is a conversation as the visitor sees it.
func (wd *Widget) state(c *chat.Conversation) stateFrame {
	f := stateFrame{T: "state", Status: c.Status, Last: c.Last, Read: c.VisitorRead, Unread: c.VisitorUnread}
	if wd.Site.Agents != nil && c.Assignee != "" {
		if a, _, ok := wd.Site.Agents.Agent(c.Assignee); ok {
			f.Agent = a.DisplayName()
		}
	}
	return f
}
