// Package apitest lets tests use the API as browsers do: over a real store on
// disk, on a real listener.
package apitest

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/console"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/api/visitor"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
	"github.com/parley-chat/parley/storage/badger"
)

// Timeout bounds every wait of a test.
const Timeout = 30 * time.Second

// World is the API over a real store on disk, on a real listener.
type World struct {
	T           testing.TB
	URL         string
	Store       *badger.Store
	Service     *service.Service
	Connections *transport.Connections
	Limits      *limits.Limits
	Site        *chat.Site
	Visitor     *visitor.Handler
	Console     *console.Handler
}

// OnlyAnna is a directory of one agent.
type OnlyAnna struct{}

// Anna is the only agent.
var Anna = chat.AgentInfo{Email: "anna@example.com", Name: "Anna Berg", Role: chat.RoleAdmin}

// Agent implements chat.Agents.
func (OnlyAnna) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	return Anna, chat.HashOf("secret"), email == Anna.Email
}

// Verify implements chat.Agents.
func (OnlyAnna) Verify(email, password string) bool {
	return email == Anna.Email && password == "secret"
}

// DeviceKey implements chat.Agents.
func (OnlyAnna) DeviceKey(email string) chat.Hash { return chat.HashOf("devices of " + email) }

// List implements chat.Agents.
func (OnlyAnna) List() []chat.AgentInfo { return []chat.AgentInfo{Anna} }

// AddressHeader is where the tests say which network address a request is from.
const AddressHeader = "X-Test-Address"

// New returns a world of its own.
func New(t testing.TB) *World {
	return NewOver(t, transport.NewConnections(slog.New(slog.DiscardHandler)))
}

// NewOver returns a world with connections of the test's own.
func NewOver(t testing.TB, connections *transport.Connections) *World {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := badger.Open(t.Context(), badger.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := &World{T: t, Store: store, Connections: connections, Limits: limits.New(log)}
	w.Service = service.New(func() (chat.Store, error) { return store, nil }, hub.New(), log)
	secure := func(r *http.Request) bool { return r.TLS != nil }
	address := func(r *http.Request) string {
		if a := r.Header.Get(AddressHeader); a != "" {
			return a
		}
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		return host
	}
	script := transport.NewAsset("text/javascript", []byte("// a script"))
	w.Site = &chat.Site{Name: "shop", Agents: OnlyAnna{}}
	w.Visitor = &visitor.Handler{Service: w.Service, Connections: w.Connections, Site: w.Site, Path: "/_chat",
		Cookies: visitor.NewCookies("shop"), Loader: script, Parts: map[string]http.Handler{"chat": script}, Secure: secure, Address: address, Limits: w.Limits, Log: log,
		Client: func(r *http.Request) string { return address(r) + r.UserAgent() }}
	w.Console = &console.Handler{Service: w.Service, Connections: w.Connections, Agents: OnlyAnna{}, Path: "/desk", Page: script, Script: script,
		Style: script, Sites: func() []string { return []string{"shop"} }, Secure: secure, Address: address,
		SignIns: new(limits.SignIns), Limits: w.Limits, Log: log}
	server := httptest.NewUnstartedServer(w)
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew { // so that little is under way to who does not read
			_ = conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
		}
	}
	server.Start()
	w.URL = server.URL
	t.Cleanup(func() {
		w.Connections.Close()
		server.Close()
		w.Service.Wait()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// ServeHTTP implements http.Handler.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if w.Visitor.Owns(r.URL.Path) {
		w.Visitor.ServeHTTP(rw, r, r.URL.Path)
		return
	}
	w.Console.ServeHTTP(rw, r, r.URL.Path)
}

// Agent returns Anna's desk.
func (w *World) Agent() *service.Desk {
	w.T.Helper()
	desk, _, err := w.Service.SignInAgent(context.Background(), OnlyAnna{}, Anna.Email, "secret")
	if err != nil {
		w.T.Fatal(err)
	}
	return desk
}

// Inbox returns all conversations.
func (w *World) Inbox() []chat.Conversation {
	w.T.Helper()
	list, _, err := w.Agent().Inbox(context.Background(), chat.InboxQuery{})
	if err != nil {
		w.T.Fatal(err)
	}
	return list
}

// Texts are the messages of a conversation.
func (w *World) Texts(id chat.ConversationID) string {
	w.T.Helper()
	list, err := w.Store.Messages(context.Background(), id, chat.Range{Limit: 1000})
	if err != nil {
		w.T.Fatal(err)
	}
	var all []string
	for _, m := range list {
		all = append(all, m.Text)
	}
	return strings.Join(all, "|")
}

// Save keeps a conversation of a person, with one message.
func (w *World) Save(p chat.Profile) {
	ctx := context.Background()
	key := "id:" + p.ID
	c, err := w.Store.OpenConversation(ctx, chat.Owner{Site: w.Site.Name, Person: key}, chat.Conversation{
		ID: chat.ConversationID("c" + p.ID), Site: w.Site.Name, Person: key, Profile: p, Status: chat.Open, Assignee: p.Agent, Created: time.Now()})
	if err == nil {
		_, _, err = w.Store.ChangeConversation(ctx, c.ID, chat.Change{Message: &chat.Draft{
			ClientID: "client-1", Text: "hello", Author: chat.Author{Side: chat.Visitor, ID: key}}}, time.Now())
	}
	if err != nil {
		w.T.Error(err)
	}
}

// Browser returns a new browser at a network address.
func (w *World) Browser(address string) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.T.Fatal(err)
	}
	return &Browser{w, jar, address}
}

// Login signs Anna in at the desk.
func (w *World) Login() *Browser {
	w.T.Helper()
	b := w.Browser("203.0.113.77")
	f, err := b.Ask("/desk/api/login", Obj{"email": Anna.Email, "password": "secret"})
	if err != nil || f.T != "me" {
		w.T.Fatalf("%+v, %v", f, err)
	}
	return b
}

// Desk opens the agent's connection.
func (w *World) Desk() *Wire {
	w.T.Helper()
	s, _, err := w.Login().Dial("/desk/socket")
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { s.Close() })
	s.Expect("hello")
	return s
}

// Eventually asks again until it is so.
func Eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(Timeout); !is(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // between two looks; nothing depends on it
	}
}
