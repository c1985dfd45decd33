package caddymodule_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// startFrom starts a chat from a network address, as a trusted proxy tells it.
func startFrom(b *caddytest.Browser, address string) (int, string) {
	b.World.T.Helper()
	r := b.Request(http.MethodPost, "/_chat/api/start", []byte("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.World.URL)
	r.Header.Set("X-Forwarded-For", address)
	resp, body := b.Do(r)
	return resp.StatusCode, body
}

// heldBackFrom says whether some start of a chat from an address is refused. One
// more is allowed every few seconds, so on a slow machine the first may pass.
func heldBackFrom(w *caddytest.World, address string) bool {
	w.T.Helper()
	for range 20 { // far fewer than are allowed at once
		if status, _ := startFrom(w.Browser(), address); status == http.StatusTooManyRequests {
			return true
		}
	}
	return false
}

// Floods are held back by the address that Caddy believes, and by no other.
func TestFloodIsHeldBackByClientIP(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	trusting := strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "admin off", "admin off\n\tservers {\n\t\ttrusted_proxies static 127.0.0.1/32\n\t}", 1)
	w.Load(trusting)
	const most = 400 // starts; what is allowed at once is less
	refused := 0
	for range most {
		switch status, body := startFrom(w.Browser(), "203.0.113.9"); status {
		case http.StatusOK:
		case http.StatusTooManyRequests:
			refused++
		default:
			t.Fatalf("%d %s", status, body)
		}
	}
	if refused == 0 {
		t.Fatalf("%d chats were started from one address", most)
	}
	if status, body := startFrom(w.Browser(), "203.0.113.10"); status != http.StatusOK {
		t.Fatalf("another address: %d %s", status, body)
	}
	if n := w.Logged("too much from one network address"); n == 0 || n > refused/10 { // one a minute
		t.Errorf("the log tells %d times of it", n)
	}

	// It holds across a reload, and limits off ends it.
	w.Load(strings.Replace(trusting, "logout /out", "logout /out /bye", 1))
	if !heldBackFrom(w, "203.0.113.9") {
		t.Fatal("after a reload nothing is refused")
	}
	w.Load(strings.Replace(trusting, "storage badger", "limits off\n\t\tstorage badger", 1))
	if heldBackFrom(w, "203.0.113.9") {
		t.Fatal("with limits off something is refused")
	}
}
