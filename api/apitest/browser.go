package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Browser is one browser with its cookies, at one network address.
type Browser struct {
	World   *World
	Jar     http.CookieJar
	Address string
}

// Said is any frame that the server says.
type Said struct {
	T, Who, Code, CID, Mark, Status, Conv string
	Retry                                 int
	Earlier, Later, Online, On            bool
	Seq                                   int
	Messages                              []struct {
		Seq                 int
		Text, Name, Picture string
	}
	M struct {
		Seq  int
		Text string
	}
	Hours *struct {
		Open          bool
		Change, Opens int64
	}
	Replies *struct {
		N    int
		Unit string
	}
	Resolves int
	Rating   Rating
	// Conversation is that of a visitor's hello, C that of a frame to agents.
	Conversation, C struct {
		Status     string
		Reachable  bool
		Resolves   int
		Rating     Rating
		Activities []struct {
			Kind string
			Rating
		}
	}
	HTTP   int         `json:"-"`
	Header http.Header `json:"-"`
}

// Rating is what a visitor has said of a conversation.
type Rating struct {
	Score   int
	Comment string
}

// Texts are those of its messages.
func (f Said) Texts() string {
	var all []string
	for _, m := range f.Messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, "|")
}

// Obj is a JSON object.
type Obj map[string]any

// Secret is a tab secret as a tab makes it.
var Secret = strings.Repeat("a1", 24)

// Transport keeps as many connections as tests ask at a time.
var Transport = &http.Transport{MaxIdleConnsPerHost: 32}

// Ask posts a frame. It may be called from any goroutine.
func (b *Browser) Ask(path string, body Obj) (Said, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return Said{}, err
	}
	r, err := http.NewRequest(http.MethodPost, b.World.URL+path, bytes.NewReader(encoded))
	if err != nil {
		return Said{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.World.URL)
	r.Header.Set(AddressHeader, b.Address)
	client := &http.Client{Jar: b.Jar, Timeout: Timeout, Transport: Transport}
	resp, err := client.Do(r)
	if err != nil {
		return Said{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return Said{}, err
	}
	f := Said{HTTP: resp.StatusCode, Header: resp.Header}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("%s: %q: %w", path, text, err)
	}
	return f, nil
}

// Post is Ask, of which the answer must be a frame of the kind wanted.
func (b *Browser) Post(kind, want string, body Obj) Said {
	b.World.T.Helper()
	f, err := b.Ask("/_chat/api/"+kind, body)
	if err != nil {
		b.World.T.Fatal(err)
	}
	if f.T != want {
		b.World.T.Fatalf("%s: got %+v, want a frame %s", kind, f, want)
	}
	return f
}

// Start begins a chat with one message and returns its tab secret.
func (b *Browser) Start(text string) string {
	b.World.T.Helper()
	return b.Post("start", "hello", Obj{"cid": "client-0", "text": text}).Mark
}

// SignIn makes the browser's session that of a person.
func (b *Browser) SignIn(id string) {
	b.World.T.Helper()
	cookie, err := b.World.Service.Sessions.Observe(context.Background(), chat.Request{Site: b.World.Site, Token: b.Token(), Client: b.Address, Arrived: time.Now()},
		chat.Evidence{Profile: chat.Profile{ID: id}, Page: true})
	if err != nil {
		b.World.T.Fatal(err)
	}
	b.Keep(cookie.Token)
}

// Home is the server's address.
func (b *Browser) Home() *url.URL {
	u, err := url.Parse(b.World.URL)
	if err != nil {
		b.World.T.Fatal(err)
	}
	return u
}

// Token is the session cookie's value.
func (b *Browser) Token() string {
	for _, c := range b.Jar.Cookies(b.Home()) {
		if c.Name == "parley-shop-session" {
			return c.Value
		}
	}
	return ""
}

// Keep puts a token into the browser.
func (b *Browser) Keep(token string) {
	b.Jar.SetCookies(b.Home(), []*http.Cookie{{Name: "parley-shop-session", Value: token, Path: "/"}})
}

// Binary is the type of every upload.
const Binary = "application/octet-stream"

// Reply is an answer that may be a file.
type Reply struct {
	Said
	Frame Obj
	Body  []byte
}

// Request posts a body of some type.
func (b *Browser) Request(path, contentType string, body io.Reader, change func(*http.Request)) (Reply, error) {
	r, err := http.NewRequest(http.MethodPost, b.World.URL+path, body)
	if err != nil {
		return Reply{}, err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Origin", b.World.URL)
	r.Header.Set(AddressHeader, b.Address)
	if change != nil {
		change(r)
	}
	resp, err := (&http.Client{Jar: b.Jar, Timeout: Timeout}).Do(r)
	if err != nil {
		return Reply{}, err
	}
	defer resp.Body.Close()
	out := Reply{Said: Said{HTTP: resp.StatusCode, Header: resp.Header}}
	if out.Body, err = io.ReadAll(resp.Body); err != nil {
		return out, err
	}
	if resp.Header.Get("Content-Type") == "application/json" {
		err = json.Unmarshal(out.Body, &out.Said)
		if err == nil {
			err = json.Unmarshal(out.Body, &out.Frame)
		}
	}
	return out, err
}

// Head is the first line of an upload.
func Head(h Obj) string {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

// Upload uploads a file and returns its id.
func (b *Browser) Upload(h Obj, file string) string {
	b.World.T.Helper()
	path := "/_chat/api/upload"
	if h["conv"] != nil {
		path = "/desk/api/upload"
	}
	a, err := b.Request(path, Binary, strings.NewReader(Head(h)+file), nil)
	if err != nil || a.T != "uploaded" || a.HTTP != http.StatusOK {
		b.World.T.Fatalf("upload: %+v, %v", a.Said, err)
	}
	if size := a.Frame["size"]; size != float64(len(file)) {
		b.World.T.Fatalf("uploaded %v bytes of %d", size, len(file))
	}
	return a.Frame["id"].(string)
}

// Download asks for a file.
func (b *Browser) Download(path string, q Obj) Reply {
	b.World.T.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		b.World.T.Fatal(err)
	}
	a, err := b.Request(path+"/api/attachment", "application/json", bytes.NewReader(text), nil)
	if err != nil {
		b.World.T.Fatal(err)
	}
	return a
}
