package caddymodule_test

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
	_ "github.com/caddyserver/caddy/v2/modules/standard"

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
	// loaded is the Caddyfile that runs.
	loaded string
}

// caddyRuns serialises: one Caddy runs in a process at a time.
var caddyRuns sync.Mutex

// newWorld starts an application behind a Caddy whose chat directive has the
// words given.
func newWorld(t *testing.T, app http.HandlerFunc, chat string) *world {
	t.Helper()
	w := prepare(t, app)
	w.load(w.caddyfile("", chat))
	w.ready()
	return w
}

// ready waits until the chat is there: sites are served while its store still
// opens, which takes its time on a busy machine.
func (w *world) ready() {
	w.t.Helper()
	b := w.browser()
	eventually(w.t, "the chat is there", func() bool {
		// Only a token makes it ask the store.
		b.keep("shop", "nobody's")
		b.keep("default", "nobody's")
		r := b.request(http.MethodPost, "/_chat/api/hello", []byte("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", w.url)
		resp, _ := b.do(r)
		return resp.StatusCode != http.StatusServiceUnavailable
	})
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
	w.loaded = caddyfile
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
