package caddymodule_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"golang.org/x/crypto/bcrypt"

	"github.com/parley-chat/parley/internal/caddytest"
)

// trusting is a Caddyfile with Anna's password hashed at a cost that people
// use, behind a proxy that tells where requests come from.
func trusting(w *caddytest.World, cost int) string {
	w.T.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(caddytest.AnnaPassword), cost)
	if err != nil {
		w.T.Fatal(err)
	}
	text := strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), caddytest.AnnaHash, string(hash), 1)
	return strings.Replace(text, "admin off", "admin off\n\tservers {\n\t\ttrusted_proxies static 127.0.0.1/32\n\t}", 1)
}

// signIn tries a password from a network address, and returns the status.
func signIn(w *caddytest.World, from, email, password string) int {
	status, err := trySignIn(w, from, email, password)
	if err != nil {
		w.T.Error(err)
	}
	return status
}

// trySignIn is signIn where the server may hang up.
func trySignIn(w *caddytest.World, from, email, password string) (int, error) {
	return trySignInWith(w.Browser(), from, email, password)
}

// trySignInWith is trySignIn in a browser that may have cookies.
func trySignInWith(b *caddytest.Browser, from, email, password string) (int, error) {
	w := b.World
	b.Client.Timeout = 6 * caddytest.Deadline // many hashes, with the race detector
	r, err := http.NewRequest(http.MethodPost, w.URL+"/desk/api/login", strings.NewReader(fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", w.URL)
	r.Header.Set("X-Forwarded-For", from)
	resp, err := b.Client.Do(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// Who sends many passwords from all over one IPv6 network waits for themselves:
// an agent elsewhere has her turn before them.
func TestPasswordsFromOneNetworkKeepNoAgentWaiting(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	w.Load(trusting(w, bcrypt.DefaultCost))
	w.Ready()
	const tries = 40
	answers := make(chan int, tries)
	for i := range tries {
		go func() {
			answers <- signIn(w, fmt.Sprintf("2001:db8:1:2:%x::%x", i, i+1), fmt.Sprintf("guess-%d@example.com", i), "guess")
		}()
	}
	checked, refused := 0, 0
	count := func(status int) {
		switch status {
		case http.StatusUnauthorized:
			checked++
		case http.StatusTooManyRequests:
			refused++
		default:
			t.Errorf("a wrong password is answered by %d", status)
		}
	}
	for range tries - 5 { // all but those that have a place
		count(<-answers)
	}
	if refused < tries-10 {
		t.Fatalf("of %d tries %d were refused at once", tries, refused)
	}
	if got := signIn(w, "203.0.113.9", "anna@example.com", caddytest.AnnaPassword); got != http.StatusOK {
		t.Fatalf("the agent's sign-in is answered by %d", got)
	}
	for waiting := true; waiting; {
		select {
		case status := <-answers:
			count(status)
		default:
			waiting = false
		}
	}
	if checked+refused == tries {
		t.Errorf("the agent's turn was behind all %d passwords that were checked of one network", checked)
	}
	for checked+refused < tries {
		count(<-answers)
	}
	if checked > 10 {
		t.Errorf("%d passwords of one network were checked", checked)
	}
}

// What is no e-mail address or password is refused before any of it is hashed
// or remembered, and a zone or another spelling of an address is no other place.
func TestTriesInDisguiseCountAsOne(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	w.Load(trusting(w, bcrypt.MinCost))
	w.Ready()
	megabyte := strings.Repeat("x", 1<<20)
	for _, huge := range [][2]string{{megabyte + "@example.com", "guess"}, {"anna@example.com", megabyte}} {
		// The server hangs up before it has all, so the answer may not arrive.
		if got, err := trySignIn(w, "203.0.113.1", huge[0], huge[1]); err == nil && got != http.StatusRequestEntityTooLarge {
			t.Errorf("1 MB of e-mail address or password is answered by %d", got)
		}
	}
	for what, got := range map[string]int{
		"an e-mail address of 300 bytes": signIn(w, "203.0.113.1", megabyte[:300], "guess"),
		"a password of 2,000 bytes":      signIn(w, "203.0.113.1", "anna@example.com", megabyte[:2000]),
	} {
		if got != http.StatusUnauthorized {
			t.Errorf("%s is answered by %d", what, got)
		}
	}
	for _, spellings := range [][]string{
		{"198.51.100.7", "::ffff:198.51.100.7", "::ffff:c633:6407", "198.51.100.7:8080", "nonsense, 198.51.100.7", "198.51.100.7, 203.0.113.5"},
		{"2001:db8::1", "2001:db8::2%eth0", "2001:db8:0:0:ffff::1", "[2001:db8::9]:80", "2001:DB8::A", "2001:db8::1, 203.0.113.5"},
	} {
		for i, from := range spellings {
			guess := func() int { return signIn(w, from, fmt.Sprintf("guess-%s-%d@example.com", spellings[0], i), "guess") }
			if i < 5 {
				if got := guess(); got != http.StatusUnauthorized {
					t.Errorf("try %d from %s is answered by %d", i, from, got)
				}
			} else if !heldBack(guess) {
				t.Errorf("tries from %s are not held back", from)
			}
		}
	}
}

// Strangers who guess at an agent's name slow themselves down, and neither the
// devices on which she has signed in, wherever these are, nor a new one from
// elsewhere; also after a restart.
func TestStrangersCannotKeepAnAgentOut(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	w.Load(trusting(w, bcrypt.MinCost))
	w.Ready()
	known := w.Browser()
	as := func(b *caddytest.Browser, from, password string) int {
		t.Helper()
		status, err := trySignInWith(b, from, "anna@example.com", password)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	if got := as(known, "192.0.2.1", caddytest.AnnaPassword); got != http.StatusOK {
		t.Fatalf("signing in: %d", got)
	}
	guess := func() (refused int) {
		for i := range 200 {
			if as(w.Browser(), fmt.Sprintf("198.51.100.%d", i%100), "guess") == http.StatusTooManyRequests {
				refused++
			}
		}
		return refused
	}
	if refused := guess(); refused < 100 {
		t.Errorf("of 200 guesses from one corner of the net %d are refused", refused)
	}
	for i := range 8 { // by somebody in her office
		_ = signIn(w, "192.0.2.1", fmt.Sprintf("guess-%d@example.com", i), "guess")
	}
	if !heldBack(func() int { return signIn(w, "192.0.2.1", "lena@example.com", "guess") }) {
		t.Error("guesses at many names from one address are not held back")
	}
	for what, got := range map[string]int{
		"her device, at her office":   as(known, "192.0.2.1", caddytest.AnnaPassword),
		"her device, on a journey":    as(known, "198.51.100.7", caddytest.AnnaPassword),
		"another device, a new place": as(w.Browser(), "203.0.113.9", caddytest.AnnaPassword),
	} {
		if got != http.StatusOK {
			t.Errorf("%s: strangers keep her out: %d", what, got)
		}
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	w.Load(w.Loaded)
	w.Ready()
	guess()
	if got := as(known, "198.51.100.7", caddytest.AnnaPassword); got != http.StatusOK {
		t.Errorf("her device, after a restart: %d", got)
	}
	other, err := bcrypt.GenerateFromPassword([]byte("another password"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	w.Load(regexp.MustCompile(`(agent anna@example.com) \S+`).ReplaceAllLiteralString(w.Loaded, "agent anna@example.com "+string(other)))
	if got := as(known, "198.51.100.7", "another password"); got != http.StatusTooManyRequests {
		t.Errorf("her device, once she has another password: %d", got)
	}
}

// heldBack says whether some guess is refused. The first five are not; each
// further one has to wait twice as long, which on a slow machine is over for the
// first of them.
func heldBack(guess func() int) bool {
	for range 4 {
		if guess() == http.StatusTooManyRequests {
			return true
		}
	}
	return false
}

// A flood from ever new networks keeps nobody out who signed in before.
func TestManyNetworksKeepNoKnownAgentOut(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	w.Load(trusting(w, bcrypt.DefaultCost-2))
	w.Ready()
	known := w.Browser()
	if got, err := trySignInWith(known, "192.0.2.1", "anna@example.com", caddytest.AnnaPassword); err != nil || got != http.StatusOK {
		t.Fatalf("signing in: %d %v", got, err)
	}
	ended := make(chan struct{})
	var flood sync.WaitGroup
	busy := make(chan struct{}, 1000)
	for i := range 64 {
		flood.Go(func() {
			for n := range 50 {
				select {
				case <-ended:
					return
				default:
				}
				status := signIn(w, fmt.Sprintf("2001:db8:%x:%x::1", i, n), fmt.Sprintf("guess-%d-%d@example.com", i, n), "guess")
				if status == http.StatusTooManyRequests {
					select {
					case busy <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	<-busy // there are more than may wait
	for range 3 {
		if got, err := trySignInWith(known, "192.0.2.1", "anna@example.com", caddytest.AnnaPassword); err != nil || got != http.StatusOK {
			t.Errorf("where she signed in before she is answered by %d, %v", got, err)
		}
	}
	close(ended)
	flood.Wait()
}
