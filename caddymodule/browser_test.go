package caddymodule_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// browser is one browser with its cookies; tabs share them.
type browser struct {
	w      *world
	client *http.Client
	agent  string // User-Agent; Go's own where empty
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
	if b.agent != "" {
		r.Header.Set("User-Agent", b.agent)
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
	header := r.Header.Clone()
	resp, err := b.client.Do(r)
	for range 3 {
		if !resetByReload(err) {
			break
		}
		r.Header = header.Clone() // the client adds the cookies to it, each time
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
