package caddymodule_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"github.com/gorilla/websocket"

	_ "github.com/parley-chat/parley/caddymodule"
)

// annaHash is the bcrypt hash of annaPassword, at the lowest cost that bcrypt has.
const (
	annaPassword = "parley-demo"
	annaHash     = "$2a$04$FVjWCrCEjVgnjxquxhPIq.yQXahjuOYj8Trvng7eC2fofM3ycjdby"
)

// deadline bounds every wait of a test.
const deadline = 10 * time.Second

// world is a real Caddy with a real store, in front of a real application.
type world struct {
	t    *testing.T
	dir  string
	addr string
	url  string
	app  *httptest.Server
	log  string
}

// caddyRuns serialises: one Caddy runs in a process at a time.
var caddyRuns sync.Mutex

// newWorld starts an application behind a Caddy whose chat directive has the
// words given.
func newWorld(t *testing.T, app http.HandlerFunc, chat string) *world {
	t.Helper()
	w := prepare(t, app)
	w.load(w.caddyfile("", chat))
	return w
}

// prepare is newWorld without a configuration.
func prepare(t *testing.T, app http.HandlerFunc) *world {
	t.Helper()
	caddyRuns.Lock()
	w := &world{t: t, dir: t.TempDir(), app: httptest.NewServer(app)}
	w.addr = freeAddress(t)
	w.url = "http://" + w.addr
	w.log = filepath.Join(w.dir, "caddy.log")
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Errorf("stopping Caddy: %v", err)
		}
		w.app.Close()
		caddyRuns.Unlock()
		if t.Failed() {
			log, _ := os.ReadFile(w.log)
			t.Logf("Caddy's log:\n%s", log)
		}
	})
	return w
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// caddyfile is a whole one, with more global chat words and words of chat.
func (w *world) caddyfile(global, chat string) string {
	return fmt.Sprintf(`{
	admin off
	persist_config off
	auto_https off
	storage file_system %[1]s/caddy
	log {
		output file %[2]s
	}
	chat {
		storage badger {
			path %[1]s/store
		}
		agent anna@example.com %[3]s {
			name "Anna Berg"
		}
		%[4]s
	}
}
%[5]s {
	chat_console {
		path /desk
	}
	chat {
		%[6]s
	}
	reverse_proxy %[7]s
}
`, w.dir, w.log, annaHash, global, w.url, chat, strings.TrimPrefix(w.app.URL, "http://"))
}

// load makes a Caddyfile the one that runs, as a reload does.
func (w *world) load(caddyfile string) {
	w.t.Helper()
	if err := tryLoad(caddyfile); err != nil {
		w.t.Fatal(err)
	}
}

func tryLoad(caddyfile string) error {
	config, err := adapt(caddyfile)
	if err != nil {
		return err
	}
	return caddy.Load(config, true)
}

func adapt(caddyfile string) ([]byte, error) {
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
	return config, err
}

// logged returns how many lines of the log have all the texts.
func (w *world) logged(texts ...string) int {
	w.t.Helper()
	log, err := os.ReadFile(w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
lines:
	for line := range strings.SplitSeq(string(log), "\n") {
		for _, text := range texts {
			if !strings.Contains(line, text) {
				continue lines
			}
		}
		n++
	}
	return n
}

// browser is one browser with its cookies; tabs share them.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b := &browser{w: w}
	b.client = &http.Client{Jar: jar, Timeout: deadline,
		Transport:     &http.Transport{DisableKeepAlives: true}, // a reload closes idle ones
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b
}

// visit navigates to a page and returns the answer and its body.
func (b *browser) visit(path string, header ...string) (*http.Response, string) {
	b.w.t.Helper()
	r := b.request(http.MethodGet, path, nil)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

func (b *browser) request(method, path string, body []byte) *http.Request {
	r, err := http.NewRequest(method, b.w.url+path, bytes.NewReader(body))
	if err != nil {
		b.w.t.Fatal(err)
	}
	return r
}

// resetByReload reports whether a connection failed as those do which Caddy's
// old listener had accepted, or not yet, when a reload closed it. Browsers
// simply connect again.
func resetByReload(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (b *browser) do(r *http.Request) (*http.Response, string) {
	b.w.t.Helper()
	resp, err := b.client.Do(r)
	for range 3 {
		if !resetByReload(err) {
			break
		}
		if r.GetBody != nil {
			r.Body, _ = r.GetBody()
		}
		resp, err = b.client.Do(r)
	}
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return resp, string(body)
}

// frame is any answer of the API.
type frame struct {
	T, Who, Code, Text, Mark, CID, Email string
	Stale                                bool
	Seq                                  int
	Messages                             []message
	M                                    message
	Conversation                         struct{ Status, Agent string }
	Conversations                        []summary
	C                                    summary
	Conv, Into                           string
	Me                                   struct{ Firstname, Email string }
}

type message struct {
	Seq              int
	From, Text, Name string
}

type summary struct {
	ID, Name, Status, Assignee, Note string
	Person                           bool
	Unread                           int
	Profile, Claims                  struct {
		ID, Email, Firstname string
		Labels               []string
		Fields               map[string]string
	}
}

func (f frame) texts() string {
	var list []string
	for _, m := range f.Messages {
		list = append(list, m.Text)
	}
	return strings.Join(list, "|")
}

// post says a frame over HTTP as the page's own script does.
func (b *browser) post(path string, body any) (int, frame) {
	b.w.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	r := b.request(http.MethodPost, path, encoded)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.w.url)
	resp, text := b.do(r)
	var f frame
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		b.w.t.Fatalf("POST %s: %d %q: %v", path, resp.StatusCode, text, err)
	}
	return resp.StatusCode, f
}

// obj is a JSON object.
type obj map[string]any

// say is post to the widget's API, of which the answer must be of that kind.
func (b *browser) say(kind, want string, body obj) frame {
	b.w.t.Helper()
	_, f := b.post("/_chat/api/"+kind, body)
	if f.T != want {
		b.w.t.Fatalf("%s: got %+v, want a frame %s", kind, f, want)
	}
	return f
}

// history is what a hello with this mark shows.
func (b *browser) history(mark string) string {
	b.w.t.Helper()
	return b.say("hello", "hello", obj{"mark": mark}).texts()
}

// start begins an anonymous chat with one message and returns the mark.
func (b *browser) start(text string) string {
	b.w.t.Helper()
	mark := b.say("start", "hello", obj{}).Mark
	b.say("send", "ack", obj{"mark": mark, "cid": "client-0", "text": text})
	return mark
}

// token returns the session cookie's value.
func (b *browser) token() string {
	u, _ := url.Parse(b.w.url)
	for _, c := range b.client.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "-session") {
			return c.Value
		}
	}
	return ""
}

// keep puts a token back that the browser had before.
func (b *browser) keep(site, token string) { b.cookie("parley-"+site+"-session", token) }

// cookie sets a cookie, or takes it away if the value is empty.
func (b *browser) cookie(name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/"}
	if value == "" {
		c.MaxAge = -1
	}
	u, _ := url.Parse(b.w.url)
	b.client.Jar.SetCookies(u, []*http.Cookie{c})
}

// socket is a live connection of a browser.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

func (b *browser) socket(path string) *socket {
	b.w.t.Helper()
	d := websocket.Dialer{Jar: b.client.Jar, HandshakeTimeout: deadline}
	conn, resp, err := d.Dial("ws://"+b.w.addr+path, http.Header{"Origin": {b.w.url}})
	for range 3 {
		if !resetByReload(err) {
			break
		}
		conn, resp, err = d.Dial("ws://"+b.w.addr+path, http.Header{"Origin": {b.w.url}})
	}
	if err != nil {
		b.w.t.Fatalf("opening a socket: %v", err)
	}
	_ = resp.Body.Close()
	b.w.t.Cleanup(func() { _ = conn.Close() })
	return &socket{b.w.t, conn}
}

// hello opens the visitor's socket.
func (b *browser) hello(mark string) *socket {
	b.w.t.Helper()
	s := b.socket("/_chat/socket")
	s.say(obj{"t": "hello", "mark": mark})
	s.expect("hello")
	return s
}

func (s *socket) say(f obj) {
	s.t.Helper()
	if err := s.conn.WriteJSON(f); err != nil {
		s.t.Fatal(err)
	}
}

// expect reads until a frame of that kind comes.
func (s *socket) expect(kind string) frame {
	s.t.Helper()
	return s.until("a frame "+kind, func(f frame) bool { return f.T == kind })
}

func (s *socket) until(what string, is func(frame) bool) frame {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(deadline))
	for {
		var f frame
		if err := s.conn.ReadJSON(&f); err != nil {
			s.t.Fatalf("waiting for %s: %v", what, err)
		}
		if is(f) {
			return f
		}
	}
}

// closed reads until the connection ends and returns the close code.
func (s *socket) closed() int {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(deadline))
	for {
		_, _, err := s.conn.ReadMessage()
		if e, ok := err.(*websocket.CloseError); ok {
			return e.Code
		}
		if err != nil {
			s.t.Fatalf("waiting for the end of a socket: %v", err)
		}
	}
}

// desk signs Anna in and opens her socket.
func (w *world) desk() (*browser, *socket) {
	w.t.Helper()
	b := w.browser()
	if status, f := b.post("/desk/api/login", obj{"email": "anna@example.com", "password": annaPassword}); status != 200 {
		w.t.Fatalf("signing in: %d %+v", status, f)
	}
	s := b.socket("/desk/socket")
	s.expect("hello")
	return b, s
}

// eventually asks again until it is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	end := time.Now().Add(deadline)
	for !is() {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // between two looks; nothing depends on it
	}
}

// shop is an application with a login: /in?as=ID signs in, /out signs out, and
// each page says who is signed in, by headers of the answer and in its text.
func shop(w http.ResponseWriter, r *http.Request) {
	user := ""
	if c, err := r.Cookie("shop"); err == nil {
		user = c.Value
	}
	switch r.URL.Path {
	case "/in":
		user = r.URL.Query().Get("as")
		http.SetCookie(w, &http.Cookie{Name: "shop", Value: user, Path: "/"})
	case "/out":
		// As careless as real ones: this answer still names who was there.
		http.SetCookie(w, &http.Cookie{Name: "shop", Path: "/", MaxAge: -1})
	}
	if user != "" {
		w.Header().Set("X-User-Id", user)
		w.Header().Set("X-User-Email", user+"@example.com")
		w.Header().Set("X-User-Firstname", strings.ToUpper(user))
		w.Header().Set("X-User-Labels", "vip, trade")
		w.Header().Set("X-User-Plan", "plus")
	}
	for k, v := range r.URL.Query() {
		if name, ok := strings.CutPrefix(k, "h-"); ok {
			w.Header().Set(name, v[0])
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>Shop</title><p>user %q cookies %q", user, r.Header.Get("Cookie"))
}

// shopIdentity is the words of chat that fit the shop.
const shopIdentity = `
	site shop
	identity {
		id X-User-Id
		email X-User-Email
		firstname X-User-Firstname
		labels X-User-Labels
		field plan X-User-Plan
	}
	logout /out
`
