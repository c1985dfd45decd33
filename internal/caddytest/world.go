// Package caddytest starts a real Caddy with a real store in front of an
// application, and browsers that visit it: for tests.
package caddytest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard" // what a Caddy has

	_ "github.com/parley-chat/parley/caddymodule" // and the chat
)

// AnnaHash is the bcrypt hash of AnnaPassword, at the lowest cost that bcrypt has.
const (
	AnnaPassword = "parley-demo"
	AnnaHash     = "$2a$04$FVjWCrCEjVgnjxquxhPIq.yQXahjuOYj8Trvng7eC2fofM3ycjdby"
)

// Deadline bounds every wait of a test, also on a machine that stands still at
// times, and for what is tried again after half a minute.
const Deadline = time.Minute

// World is a real Caddy with a real store, in front of a real application.
type World struct {
	T    *testing.T
	Dir  string
	Addr string
	URL  string
	App  *httptest.Server
	Log  string
	// Loaded is the Caddyfile that runs.
	Loaded string
}

func init() { caddy.CustomBinaryName = "parley" } // as the program has it

// caddyRuns serialises: one Caddy runs in a process at a time.
var caddyRuns sync.Mutex

// NewWorld starts an application behind a Caddy whose chat directive has the
// words given.
func NewWorld(t *testing.T, app http.HandlerFunc, chat string) *World {
	t.Helper()
	w := Prepare(t, app)
	w.Load(w.Caddyfile("", chat))
	w.Ready()
	return w
}

// Ready waits until the chat is there: sites are served while its store still
// opens, which takes its time on a busy machine.
func (w *World) Ready() {
	w.T.Helper()
	b := w.Browser()
	Eventually(w.T, "the chat is there", func() bool {
		// Only a token makes it ask the store.
		b.SetToken("shop", "nobody's")
		b.SetToken("default", "nobody's")
		r := b.Request(http.MethodPost, "/_chat/api/hello", []byte("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", w.URL)
		resp, _ := b.Do(r)
		return resp.StatusCode != http.StatusServiceUnavailable
	})
}

// Prepare is newWorld without a configuration.
func Prepare(t *testing.T, app http.HandlerFunc) *World {
	t.Helper()
	caddyRuns.Lock()
	w := &World{T: t, Dir: t.TempDir(), App: httptest.NewServer(app)}
	w.Addr = FreeAddress(t)
	w.URL = "http://" + w.Addr
	w.Log = filepath.Join(w.Dir, "caddy.log")
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Errorf("stopping Caddy: %v", err)
		}
		w.App.Close()
		caddyRuns.Unlock()
		if t.Failed() {
			log, _ := os.ReadFile(w.Log)
			t.Logf("Caddy's log:\n%s", log)
		}
	})
	return w
}

// FreeAddress is one of this machine on which nobody listens.
func FreeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Caddyfile is a whole one, with more global chat words and words of chat.
func (w *World) Caddyfile(global, chat string) string {
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
`, w.Dir, w.Log, AnnaHash, global, w.URL, chat, strings.TrimPrefix(w.App.URL, "http://"))
}

// Load makes a Caddyfile the one that runs, as a reload does.
func (w *World) Load(caddyfile string) {
	w.T.Helper()
	if err := TryLoad(caddyfile); err != nil {
		w.T.Fatal(err)
	}
	w.Loaded = caddyfile
}

// TryLoad makes a Caddyfile the one that runs, or says why not.
func TryLoad(caddyfile string) error {
	config, err := Adapt(caddyfile)
	if err != nil {
		return err
	}
	return caddy.Load(config, true)
}

// Adapt makes JSON of a Caddyfile.
func Adapt(caddyfile string) ([]byte, error) {
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
	return config, err
}

// Logged returns how many lines of the log have all the texts.
func (w *World) Logged(texts ...string) int {
	w.T.Helper()
	log, err := os.ReadFile(w.Log)
	if err != nil {
		w.T.Fatal(err)
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

// Desk signs Anna in and opens her socket.
func (w *World) Desk() (*Browser, *Socket) {
	w.T.Helper()
	b := w.Browser()
	if status, f := b.Post("/desk/api/login", Obj{"email": "anna@example.com", "password": AnnaPassword}); status != 200 {
		w.T.Fatalf("signing in: %d %+v", status, f)
	}
	s := b.Socket("/desk/socket")
	s.Expect("hello")
	return b, s
}

// Eventually asks again until it is so.
func Eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	end := time.Now().Add(Deadline)
	for !is() {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // between two looks; nothing depends on it
	}
}

// Shop is an application with a login: /in?as=ID signs in, /out signs out, and
// each page says who is signed in, by headers of the answer and in its text.
func Shop(w http.ResponseWriter, r *http.Request) {
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

// ShopIdentity is the words of chat that fit the shop.
const ShopIdentity = `
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
