package caddytest

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

// Browser is one browser with its cookies; tabs share them.
type Browser struct {
	World  *World
	Client *http.Client
	Agent  string // User-Agent; Go's own where empty
}

// Browser is a new one, without cookies.
func (w *World) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.T.Fatal(err)
	}
	b := &Browser{World: w}
	b.Client = &http.Client{Jar: jar, Timeout: Deadline,
		Transport:     &http.Transport{DisableKeepAlives: true}, // a reload closes idle ones
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b
}

// Visit navigates to a page and returns the answer and its body.
func (b *Browser) Visit(path string, header ...string) (*http.Response, string) {
	b.World.T.Helper()
	r := b.Request(http.MethodGet, path, nil)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.Do(r)
}

// Request makes a request to the site.
func (b *Browser) Request(method, path string, body []byte) *http.Request {
	r, err := http.NewRequest(method, b.World.URL+path, bytes.NewReader(body))
	if err != nil {
		b.World.T.Fatal(err)
	}
	if b.Agent != "" {
		r.Header.Set("User-Agent", b.Agent)
	}
	return r
}

// ResetByReload reports whether a connection failed as those do which Caddy's
// old listener had accepted, or not yet, when a reload closed it. Browsers
// simply connect again.
func ResetByReload(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Do sends a request and returns the answer, which is closed, and its body.
func (b *Browser) Do(r *http.Request) (*http.Response, string) {
	b.World.T.Helper()
	header := r.Header.Clone()
	resp, err := b.Client.Do(r)
	for range 3 {
		if !ResetByReload(err) {
			break
		}
		r.Header = header.Clone() // the client adds the cookies to it, each time
		if r.GetBody != nil {
			r.Body, _ = r.GetBody()
		}
		resp, err = b.Client.Do(r)
	}
	if err != nil {
		b.World.T.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.World.T.Fatal(err)
	}
	return resp, string(body)
}

// Frame is any answer of the API.
type Frame struct {
	T, Who, Code, Text, Mark, CID, Email string
	Stale                                bool
	Repeat                               int
	Seq                                  int
	Messages                             []message
	M                                    message
	Conversation                         struct{ Status, Agent string }
	Conversations                        []Summary
	C                                    Summary
	Conv, Into                           string
	Me                                   struct{ Firstname, Email string }
	Replies                              struct {
		N    int
		Unit string
	}
	Agents []struct {
		Email string
		Sites []string
	}
	Labels map[string]map[string]string
}

type message struct {
	Seq                       int
	From, Text, Name, Picture string
}

// Summary is a conversation as the inbox shows it.
type Summary struct {
	ID, Name, Status, Assignee, Note string
	Person                           bool
	Unread                           int
	Profile, Claims                  struct {
		ID, Email, Firstname string
		Labels               []string
		Fields               map[string]string
	}
}

// Texts are those of the messages, with bars between them.
func (f Frame) Texts() string {
	var list []string
	for _, m := range f.Messages {
		list = append(list, m.Text)
	}
	return strings.Join(list, "|")
}

// Seen is each agent, and the sites that the reader may see too.
func (f Frame) Seen() string {
	var list []string
	for _, a := range f.Agents {
		list = append(list, a.Email+" "+strings.Join(a.Sites, ","))
	}
	return strings.Join(list, "; ")
}

// Post says a frame over HTTP as the page's own script does.
func (b *Browser) Post(path string, body any) (int, Frame) {
	b.World.T.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		b.World.T.Fatal(err)
	}
	r := b.Request(http.MethodPost, path, encoded)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.World.URL)
	resp, text := b.Do(r)
	var f Frame
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		b.World.T.Fatalf("POST %s: %d %q: %v", path, resp.StatusCode, text, err)
	}
	return resp.StatusCode, f
}

// Obj is a JSON object.
type Obj map[string]any

// Call is post to the widget's API, of which the answer must be of that kind.
func (b *Browser) Call(kind, want string, body Obj) Frame {
	b.World.T.Helper()
	_, f := b.Post("/_chat/api/"+kind, body)
	if f.T != want {
		b.World.T.Fatalf("%s: got %+v, want a frame %s", kind, f, want)
	}
	return f
}

// History is what a hello with this tab secret shows.
func (b *Browser) History(secret string) string {
	b.World.T.Helper()
	return b.Call("hello", "hello", Obj{"mark": secret}).Texts()
}

// StartChat begins an anonymous chat with one message and returns the tab secret.
func (b *Browser) StartChat(text string) string {
	b.World.T.Helper()
	secret := b.Call("start", "hello", Obj{}).Mark
	b.Call("send", "ack", Obj{"mark": secret, "cid": "client-0", "text": text})
	return secret
}

// Token returns the session cookie's value.
func (b *Browser) Token() string {
	u, _ := url.Parse(b.World.URL)
	for _, c := range b.Client.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "-session") {
			return c.Value
		}
	}
	return ""
}

// SetToken puts a token back that the browser had before.
func (b *Browser) SetToken(site, token string) { b.Cookie("parley-"+site+"-session", token) }

// Cookie sets a cookie, or takes it away if the value is empty.
func (b *Browser) Cookie(name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/"}
	if value == "" {
		c.MaxAge = -1
	}
	u, _ := url.Parse(b.World.URL)
	b.Client.Jar.SetCookies(u, []*http.Cookie{c})
}

// Socket is a live connection of a browser.
type Socket struct {
	T    *testing.T
	Conn *websocket.Conn
}

// Socket opens a WebSocket.
func (b *Browser) Socket(path string) *Socket {
	b.World.T.Helper()
	d := websocket.Dialer{Jar: b.Client.Jar, HandshakeTimeout: Deadline}
	header := http.Header{"Origin": {b.World.URL}}
	if b.Agent != "" {
		header.Set("User-Agent", b.Agent)
	}
	conn, resp, err := d.Dial("ws://"+b.World.Addr+path, header)
	for range 3 {
		if !ResetByReload(err) {
			break
		}
		conn, resp, err = d.Dial("ws://"+b.World.Addr+path, header)
	}
	if err != nil {
		b.World.T.Fatalf("opening a socket: %v", err)
	}
	_ = resp.Body.Close()
	b.World.T.Cleanup(func() { _ = conn.Close() })
	return &Socket{b.World.T, conn}
}

// Hello opens the visitor's socket.
func (b *Browser) Hello(secret string) *Socket {
	b.World.T.Helper()
	s := b.Socket("/_chat/socket")
	s.Send(Obj{"t": "hello", "mark": secret})
	s.Expect("hello")
	return s
}

// Send sends a frame.
func (s *Socket) Send(f Obj) {
	s.T.Helper()
	if err := s.Conn.WriteJSON(f); err != nil {
		s.T.Fatal(err)
	}
}

// Expect reads until a frame of that kind comes.
func (s *Socket) Expect(kind string) Frame {
	s.T.Helper()
	return s.Until("a frame "+kind, func(f Frame) bool { return f.T == kind })
}

// Until reads until a frame comes that is the one.
func (s *Socket) Until(what string, is func(Frame) bool) Frame {
	s.T.Helper()
	_ = s.Conn.SetReadDeadline(time.Now().Add(Deadline))
	for {
		var f Frame
		if err := s.Conn.ReadJSON(&f); err != nil {
			s.T.Fatalf("waiting for %s: %v", what, err)
		}
		if is(f) {
			return f
		}
	}
}

// CloseCode reads until the connection ends and returns the close code.
func (s *Socket) CloseCode() int {
	s.T.Helper()
	_ = s.Conn.SetReadDeadline(time.Now().Add(Deadline))
	for {
		_, _, err := s.Conn.ReadMessage()
		if e, ok := err.(*websocket.CloseError); ok {
			return e.Code
		}
		if err != nil {
			s.T.Fatalf("waiting for the end of a socket: %v", err)
		}
	}
}
