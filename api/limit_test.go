package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// tryOf makes one try.
func tryOf(t *testing.T, l *Limiter, now time.Time, address, email string, ok bool) error {
	t.Helper()
	one, err := l.begin(context.Background(), now, onlyAnna{}, address, email)
	if err == nil {
		one.finish(ok)
	}
	return err
}

// Whatever is tried, what is remembered is bounded in bytes, nobody new is
// refused for it, and an agent's own network is not forgotten for strangers.
func TestMemoryOfTriesIsBounded(t *testing.T) {
	l := new(Limiter)
	if err := tryOf(t, l, time.Now(), "192.0.2.1", "anna@example.com", true); err != nil {
		t.Fatal(err)
	}
	for n := range 2 * maxTries {
		if err := tryOf(t, l, time.Now(), fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff), fmt.Sprintf("guess-%d@example.com", n), false); err != nil {
			t.Fatalf("try %d: %v", n, err)
		}
	}
	if n := l.failed.len(); n > 2*maxTries {
		t.Errorf("%d keys are remembered", n)
	}
	if n := len(l.running) + len(l.turns.lanes) + len(l.turns.waiting); n != 0 {
		t.Errorf("%d are left of tries that are over", n)
	}
	for range freeTries { // of her password, from all over
		_ = tryOf(t, l, time.Now(), "203.0.113.7", "anna@example.com", false)
	}
	if err := tryOf(t, l, time.Now(), "203.0.113.8", "anna@example.com", false); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("guesses of one agent's password: %v", err)
	}
	if err := tryOf(t, l, time.Now(), "192.0.2.1", "anna@example.com", true); err != nil {
		t.Errorf("where she signed in before: %v", err)
	}
}

// Few wait for their turn: one of each network at a time, those first who
// signed in before, then whose network had its turn longest ago.
func TestTurnsAreFairBetweenNetworks(t *testing.T) {
	var ts turns
	join := func(network uint64, known bool) *waiter {
		t.Helper()
		w, err := ts.join(network, known)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	has := func(w *waiter) bool {
		select {
		case <-w.turn:
			return true
		default:
			return false
		}
	}
	a := []*waiter{join(1, false), join(1, false), join(1, false)}
	if !has(a[0]) || has(a[1]) {
		t.Fatal("a network has not one turn")
	}
	b, c, known := join(2, false), join(3, false), join(4, true)
	if !has(b) || has(c) || has(known) {
		t.Fatal("not two networks have their turn")
	}
	ts.done(1)
	if !has(known) || has(a[1]) || has(c) {
		t.Fatal("who signed in before is not the next")
	}
	ts.done(2)
	if !has(c) || has(a[1]) {
		t.Fatal("a network that had no turn yet is not before one that had")
	}
	ts.done(3)
	if !has(a[1]) {
		t.Fatal("who came first never has a turn")
	}
	for range maxTurnsStrange - len(ts.waiting) {
		join(9, false)
	}
	if _, err := ts.join(10, false); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("one too many: %v", err)
	}
	join(11, true)
	if len(ts.lanes) > len(ts.waiting)+maxVerifying {
		t.Errorf("%d networks are remembered", len(ts.lanes))
	}
}

// Who gives up waiting has no password checked.
func TestWhoGivesUpLeavesTheTurns(t *testing.T) {
	l := new(Limiter)
	one, err := l.begin(context.Background(), time.Now(), onlyAnna{}, "192.0.2.1", "a@example.com")
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.begin(gone, time.Now(), onlyAnna{}, "192.0.2.1", "b@example.com"); !errors.Is(err, chat.ErrRateLimited) {
		t.Errorf("who is gone: %v", err)
	}
	one.end()
	one.end() // again, as after a password was checked
	if len(l.turns.waiting) != 0 || len(l.turns.lanes) != 0 || l.turns.busy != 0 || len(l.running) != 0 {
		t.Errorf("left behind: %+v %v", l.turns, l.running)
	}
}

// Strangers who fill the limit of logouts keep nobody behind the same address
// from logging out, and theirs keep nothing.
func TestFloodOfLogoutsHoldsNoLogoutBack(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	mark := b.start("hello")
	s, _ := b.hello(mark, 0)
	refused := 0
	for n := range limits[kindLogout].address.burst * 2 {
		stranger := w.browser("203.0.113.1")
		if n%2 == 0 {
			stranger.keep(chat.NewSecret())
		}
		if f, err := stranger.ask("/_chat/api/reset", obj{}); err != nil {
			t.Fatal(err)
		} else if f.Code == "rate_limited" && f.HTTP == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Fatal("no flood of logouts is held back")
	}
	b.post("reset", "reset", obj{})
	if code := s.closed(); code != closeReset {
		t.Errorf("closed with %d", code)
	}
	// Over HTTP too, it is as if there had been no cookie.
	if f := b.post("hello", "hello", obj{"mark": mark}); f.Who != "none" {
		t.Errorf("after the logout it is %q", f.Who)
	}
}

// A body is not read of who is held back, and none of a frame that there isn't.
func TestBodiesAreReadOfWhoMayAskOnly(t *testing.T) {
	w := newWorld(t)
	c := w.limits.caller("203.0.113.1", "")
	for w.limits.take(kindAsk, c) == nil {
	}
	w.limits.later(-time.Hour) // nothing is allowed again meanwhile
	for path, want := range map[string]int{"/_chat/api/hello": 429, "/_chat/api/attachment": 429, "/_chat/api/upload": 200,
		"/desk/api/login": 429, "/desk/api/me": 429, "/desk/api/upload": 429, "/desk/api/attachment": 429, "/_chat/api/shout": 400} {
		r, err := http.NewRequest(http.MethodPost, w.url+path, &unread{t, path})
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 10
		r.Header.Set("Expect", "100-continue") // the client sends nothing that nobody asks for
		r.Header.Set("Content-Type", "application/json")
		if strings.HasSuffix(path, "upload") {
			r.Header.Set("Content-Type", "application/octet-stream")
		}
		r.Header.Set("Origin", w.url)
		r.Header.Set(addressHeader, "203.0.113.1")
		client := &http.Client{Timeout: deadline, Transport: &http.Transport{ExpectContinueTimeout: deadline, DisableKeepAlives: true}}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

type unread struct {
	t    *testing.T
	path string
}

func (u *unread) Read(p []byte) (int, error) {
	u.t.Errorf("%s: the body was asked for", u.path)
	return copy(p, "0123456789"), nil
}

// Uploads of who has no session use up nothing of what the others may who share
// their address.
func TestUploadsOfStrangersUseNothingUp(t *testing.T) {
	w := newWorld(t)
	for range limits[kindUpload].address.burst + 10 {
		for _, path := range []string{"/_chat/api/upload", "/desk/api/upload"} {
			stranger := w.browser("203.0.113.1")
			stranger.keep("made-up")
			a, err := stranger.request(path, octets, strings.NewReader(head(obj{"name": "x.txt"})+"x"), nil)
			if err != nil || a.Code != "no_session" && a.Code != "signed_out" {
				t.Fatalf("%s: %+v %v", path, a.said, err)
			}
		}
	}
	b := w.browser("203.0.113.1")
	b.upload(obj{"name": "x.txt", "mark": b.start("hello")}, "x")
}
