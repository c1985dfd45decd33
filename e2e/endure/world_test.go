package endure

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// The agent, with the bcrypt hash of her password at the lowest cost there is.
const (
	annaEmail    = "anna@example.com"
	annaPassword = "parley-demo"
	annaHash     = "$2a$04$FVjWCrCEjVgnjxquxhPIq.yQXahjuOYj8Trvng7eC2fofM3ycjdby"
)

// world is a server in front of an application, and where both are.
type world struct {
	*server
	app   *httptest.Server
	addr  string // of the site
	admin string // of Caddy's admin endpoint
	store string // the chat's directory
	// heard counts what clients hear, so that something can be made to happen
	// in the middle of it.
	heard meter
	// cuts counts how often the disk's power began to go, and was there again.
	// In between (odd), with off set once it is gone, see TestPowerLoss.
	cuts atomic.Int64
	off  atomic.Bool
}

// newWorld writes a Caddyfile and starts the application. The server does not
// run yet.
func newWorld(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{app: httptest.NewServer(http.HandlerFunc(shop)), addr: freeAddress(t), admin: freeAddress(t),
		store: filepath.Join(dir, "store")}
	t.Cleanup(w.app.Close)
	// Caddy keeps idle connections to it for two minutes, also those of a
	// configuration that is gone. They would look like a leak.
	w.app.Config.SetKeepAlivesEnabled(false)
	w.server = newServer(t, dir)
	w.write(w.caddyfile(w.site("shop")))
	return w
}

// dark reports whether the disk was without power at some time since there were
// so many cuts.
func (w *world) dark(since int64) bool {
	now := w.cuts.Load()
	return now != since || now%2 == 1
}

// caddyfile is a whole one with these sites.
func (w *world) caddyfile(sites ...string) string {
	return fmt.Sprintf(`{
	admin %s
	persist_config off
	auto_https off
	storage file_system %[2]s/caddy
	log {
		output file %[2]s/caddy.log
	}
	servers {
		trusted_proxies static 127.0.0.1/32
		client_ip_headers X-Forwarded-For
	}
	chat {
		storage badger {
			path %[3]s
		}
		agent %[4]s %[5]s {
			name "Anna Berg"
		}
		limits off
	}
}
%[6]s`, w.admin, w.dir, w.store, annaEmail, annaHash, strings.Join(sites, "\n"))
}

// site is the shop with its chat and its desk, and more words of chat.
func (w *world) site(name string, more ...string) string {
	return siteAt("http://"+w.addr, name, w.app.Listener.Addr().String(), more...)
}

func siteAt(address, name, app string, more ...string) string {
	return fmt.Sprintf(`%s {
	chat_console {
		path /desk
	}
	chat {
		site %s
		identity {
			id X-User-Id
			email X-User-Email
		}
		logout /out
		%s
	}
	reverse_proxy %s
}
`, address, name, strings.Join(more, "\n\t\t"), app)
}

func (w *world) write(caddyfile string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "Caddyfile"), []byte(caddyfile), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// shop is an application with a login: /in?as=ID signs in, and each page says
// who is signed in by headers of the answer.
func shop(w http.ResponseWriter, r *http.Request) {
	user := ""
	if c, err := r.Cookie("shop"); err == nil {
		user = c.Value
	}
	if r.URL.Path == "/in" {
		user = r.URL.Query().Get("as")
		http.SetCookie(w, &http.Cookie{Name: "shop", Value: user, Path: "/"})
	}
	if user != "" {
		w.Header().Set("X-User-Id", user)
		w.Header().Set("X-User-Email", user+"@example.com")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>Shop</title><p>user %q", user)
}
