package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
	"github.com/parley-chat/parley/storage/badger"
)

// deadline bounds every wait of a test.
const deadline = 30 * time.Second

// world is the API over a real store on disk, on a real listener.
type world struct {
	t       testing.TB
	url     string
	store   *badger.Store
	service *service.Service
	live    *Live
	limits  *Limits
	site    *chat.Site
	widget  *Widget
	console *Console
}

// onlyAnna is a directory of one agent.
type onlyAnna struct{}

var anna = chat.AgentInfo{Email: "anna@example.com", Name: "Anna Berg", Role: chat.RoleAdmin}

func (onlyAnna) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	return anna, chat.HashOf("secret"), email == anna.Email
}
func (onlyAnna) Verify(email, password string) bool {
	return email == anna.Email && password == "secret"
}
func (onlyAnna) List() []chat.AgentInfo { return []chat.AgentInfo{anna} }

// addressHeader is where the tests say which network address a request is from.
const addressHeader = "X-Test-Address"

func newWorld(t testing.TB) *world { return newWorldBeating(t, heartbeat) }

func newWorldBeating(t testing.TB, beat time.Duration) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := badger.Open(t.Context(), badger.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: store, live: newLive(log, beat), limits: NewLimits(log)}
	w.service = service.New(func() (chat.Store, error) { return store, nil }, hub.New(), log)
	secure := func(r *http.Request) bool { return r.TLS != nil }
	address := func(r *http.Request) string {
		if a := r.Header.Get(addressHeader); a != "" {
			return a
		}
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		return host
	}
	script := NewAsset("text/javascript", []byte("// a script"))
	w.site = &chat.Site{Name: "shop", Agents: onlyAnna{}}
	w.widget = &Widget{Service: w.service, Live: w.live, Site: w.site, Path: "/_chat",
		Cookies: NewCookies("shop"), Loader: script, Chat: script, Secure: secure, Address: address, Limits: w.limits, Log: log,
		Client: func(r *http.Request) string { return address(r) + r.UserAgent() }}
	w.console = &Console{Service: w.service, Live: w.live, Agents: onlyAnna{}, Path: "/desk", Page: script, Script: script,
		Style: script, Sites: func() []string { return []string{"shop"} }, Secure: secure, Address: address,
		Limit: new(Limiter), Limits: w.limits, Log: log}
	server := httptest.NewUnstartedServer(w)
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew { // so that little is under way to who does not read
			_ = conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
		}
	}
	server.Start()
	w.url = server.URL
	t.Cleanup(func() {
		w.live.Close()
		server.Close()
		w.service.Wait()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if w.widget.Owns(r.URL.Path) {
		w.widget.ServeHTTP(rw, r, r.URL.Path)
		return
	}
	w.console.ServeHTTP(rw, r, r.URL.Path)
}

// agent returns Anna's desk.
func (w *world) agent() *service.Desk {
	w.t.Helper()
	desk, _, err := w.service.SignInAgent(context.Background(), onlyAnna{}, anna.Email, "secret")
	if err != nil {
		w.t.Fatal(err)
	}
	return desk
}

// inbox returns all conversations.
func (w *world) inbox() []chat.Conversation {
	w.t.Helper()
	list, _, err := w.agent().Inbox(context.Background(), chat.InboxQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// texts are the messages of a conversation.
func (w *world) texts(id chat.ConversationID) string {
	w.t.Helper()
	list, err := w.store.Messages(context.Background(), id, chat.Range{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, m := range list {
		all = append(all, m.Text)
	}
	return strings.Join(all, "|")
}

// browser is one browser with its cookies, at one network address.
type browser struct {
	w       *world
	jar     http.CookieJar
	address string
}

func (w *world) browser(address string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w, jar, address}
}

// said is any frame that the server says.
type said struct {
	T, Who, Code, CID, Mark, Status, Conv string
	Retry                                 int
	Seq                                   int
	Messages                              []struct {
		Seq  int
		Text string
	}
	M struct {
		Seq  int
		Text string
	}
	HTTP   int         `json:"-"`
	Header http.Header `json:"-"`
}

func (f said) texts() string {
	var all []string
	for _, m := range f.Messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, "|")
}

type obj map[string]any

// transport keeps as many connections as tests ask at a time.
var transport = &http.Transport{MaxIdleConnsPerHost: 32}

// ask posts a frame. It may be called from any goroutine.
func (b *browser) ask(path string, body obj) (said, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return said{}, err
	}
	r, err := http.NewRequest(http.MethodPost, b.w.url+path, bytes.NewReader(encoded))
	if err != nil {
		return said{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.w.url)
	r.Header.Set(addressHeader, b.address)
	client := &http.Client{Jar: b.jar, Timeout: deadline, Transport: transport}
	resp, err := client.Do(r)
	if err != nil {
		return said{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return said{}, err
	}
	f := said{HTTP: resp.StatusCode, Header: resp.Header}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("%s: %q: %w", path, text, err)
	}
	return f, nil
}

// post is ask, of which the answer must be a frame of the kind wanted.
func (b *browser) post(kind, want string, body obj) said {
	b.w.t.Helper()
	f, err := b.ask("/_chat/api/"+kind, body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	if f.T != want {
		b.w.t.Fatalf("%s: got %+v, want a frame %s", kind, f, want)
	}
	return f
}

// start begins a chat with one message and returns its mark.
func (b *browser) start(text string) string {
	b.w.t.Helper()
	return b.post("start", "hello", obj{"cid": "client-0", "text": text}).Mark
}

// signIn makes the browser's session that of a person.
func (b *browser) signIn(id string) {
	b.w.t.Helper()
	cookie, err := b.w.service.Sessions.Observe(context.Background(), chat.Request{Site: b.w.site, Token: b.token(), Client: b.address, Arrived: time.Now()},
		chat.Evidence{Profile: chat.Profile{ID: id}, Page: true})
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.keep(cookie.Token)
}

func (b *browser) home() *url.URL {
	u, err := url.Parse(b.w.url)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return u
}

// token is the session cookie's value.
func (b *browser) token() string {
	for _, c := range b.jar.Cookies(b.home()) {
		if c.Name == "parley-shop-session" {
			return c.Value
		}
	}
	return ""
}

// keep puts a token into the browser.
func (b *browser) keep(token string) {
	b.jar.SetCookies(b.home(), []*http.Cookie{{Name: "parley-shop-session", Value: token, Path: "/"}})
}

// wire is a socket of a browser.
type wire struct {
	t testing.TB
	*websocket.Conn
}

// dial opens a socket; the error comes with the status of a refusal.
func (b *browser) dial(path string) (*wire, int, error) {
	d := websocket.Dialer{Jar: b.jar, HandshakeTimeout: deadline, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(16 << 10)
		}
		return conn, err
	}}
	conn, resp, err := d.Dial("ws"+strings.TrimPrefix(b.w.url, "http")+path, http.Header{"Origin": {b.w.url}, addressHeader: {b.address}})
	status := 0
	if resp != nil {
		status = resp.StatusCode
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, status, err
	}
	return &wire{b.w.t, conn}, status, nil
}

func (b *browser) socket() *wire {
	b.w.t.Helper()
	s, _, err := b.dial("/_chat/socket")
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.w.t.Cleanup(func() { _ = s.Close() })
	return s
}

// hello opens a socket and says hello; it returns the answer.
func (b *browser) hello(mark string, after int) (*wire, said) {
	b.w.t.Helper()
	s := b.socket()
	s.say(obj{"t": "hello", "mark": mark, "after": after})
	return s, s.expect("hello")
}

func (s *wire) say(f obj) {
	s.t.Helper()
	if err := s.WriteJSON(f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *wire) read() (said, error) {
	var f said
	_ = s.SetReadDeadline(time.Now().Add(deadline))
	return f, s.ReadJSON(&f)
}

// expect reads until a frame of a kind comes.
func (s *wire) expect(kind string) said {
	s.t.Helper()
	for {
		f, err := s.read()
		if err != nil {
			s.t.Fatalf("waiting for %s: %v", kind, err)
		}
		if f.T == kind {
			return f
		}
	}
}

// closed reads until the connection ends and returns the close code.
func (s *wire) closed() int {
	s.t.Helper()
	for {
		if _, err := s.read(); err != nil {
			if e, ok := err.(*websocket.CloseError); ok {
				return e.Code
			}
			s.t.Fatalf("waiting for the close frame: %v", err)
		}
	}
}

// eventually asks again until it is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !is(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // between two looks; nothing depends on it
	}
}
