package endure

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// browser is one browser with its cookies, at a network address of its own as
// far as the server can tell.
type browser struct {
	url    string // of the site
	from   string
	jar    http.CookieJar
	client *http.Client
}

func newBrowser(url, from string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it has no options that could be wrong
	}
	return &browser{url, from, jar, &http.Client{Jar: jar, Timeout: waitTimeout,
		Transport: &http.Transport{IdleConnTimeout: waitTimeout, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}}
}

// hasSession reports whether it has a cookie of the chat.
func (b *browser) hasSession() bool {
	r, err := http.NewRequest(http.MethodGet, b.url, nil)
	return err == nil && slices.ContainsFunc(b.jar.Cookies(r.URL), func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, "-session") })
}

// frame is anything that the server says.
type frame struct {
	T, Who, Code, Text, Mark, CID, Conv, Next string
	Seq, Retry                                int
	Stale                                     bool
	Messages                                  []message
	Earlier                                   bool
	M                                         message
	Conversation                              *struct{ Last int }
	Conversations                             []summary
	C                                         summary
}

type message struct {
	Seq             int
	From, Text, CID string
	Attachments     []attached
}

type summary struct {
	ID   string
	Last int
}

type obj map[string]any

// unavailable is a server that answers that it can't now.
type unavailable struct{ frame }

func (u unavailable) Error() string { return u.Code + ": " + u.Text }

// visit navigates to a page.
func (b *browser) visit(ctx context.Context, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Accept", "text/html")
	body, status, err := b.do(r)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", path, status, body)
	}
	return string(body), err
}

// post says a frame over HTTP as the page's own script does.
func (b *browser) post(ctx context.Context, path string, body obj) (frame, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return frame{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+path, bytes.NewReader(encoded))
	if err != nil {
		return frame{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.url)
	answer, status, err := b.do(r)
	if err != nil {
		return frame{}, err
	}
	var f frame
	if err := json.Unmarshal(answer, &f); err != nil {
		return frame{}, fmt.Errorf("%s: %d %q: %w", path, status, answer, err)
	}
	if f.T == "error" {
		return f, unavailable{f}
	}
	return f, nil
}

func (b *browser) do(r *http.Request) (body []byte, status int, err error) {
	body, status, _, err = b.ask(r)
	return body, status, err
}

func (b *browser) ask(r *http.Request) (body []byte, status int, header http.Header, err error) {
	r.Header.Set("X-Forwarded-For", b.from)
	resp, err := b.client.Do(r)
	if err != nil {
		return nil, 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return body, resp.StatusCode, resp.Header, err
}

// dial opens a socket, which closes when the context ends.
func (b *browser) dial(ctx context.Context, path string) (*websocket.Conn, error) {
	d := websocket.Dialer{Jar: b.jar, HandshakeTimeout: waitTimeout, ReadBufferSize: 1024, WriteBufferSize: 1024,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	conn, resp, err := d.DialContext(ctx, "ws"+b.url[len("http"):]+path, http.Header{"Origin": {b.url}, "X-Forwarded-For": {b.from}})
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	context.AfterFunc(ctx, func() { conn.Close() })
	return conn, nil
}

// again tries until it works or the context ends, as a page in a browser does.
func again(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; at last: %w", ctx.Err(), err)
		case <-time.After(20 * time.Millisecond): // between two attempts
		}
	}
}
