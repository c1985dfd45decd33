package caddymodule_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// navigate asks for a page with these cookies and returns the session's token
// that the answer sets.
func (w *world) navigate(path, cookies string) (token string, ok bool) {
	r, err := http.NewRequest(http.MethodGet, w.url+path, nil)
	if err != nil {
		w.t.Error(err)
		return "", false
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", cookies)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Error(err)
		return "", false
	}
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		if c.Name == "parley-shop-session" && c.Value != "" {
			token = c.Value
		}
	}
	return token, true
}

// who is what a token is to the server.
func (w *world) who(token string) string {
	b := w.browser()
	b.keep("shop", token)
	return b.say("hello", "hello", obj{}).Who
}

func TestParallelAnswersAtLoginAreOneSessionThatOneLogoutEnds(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	for range 20 {
		b := w.browser()
		b.start("anonymous")
		cookies := "parley-shop-session=" + b.token() + "; shop=mia"
		tokens := make([]string, 8)
		var all sync.WaitGroup
		for i := range tokens {
			all.Go(func() { tokens[i], _ = w.navigate("/", cookies) })
		}
		all.Wait()
		w.navigate("/out", "parley-shop-session="+tokens[0])
		for _, token := range tokens {
			if got := w.who(token); got != "none" {
				t.Fatalf("after a logout with one of the tokens, another is %s", got)
			}
		}
	}
}

func TestLogoutThatRacesALoginWins(t *testing.T) {
	w, asked, release := slowWorld(t)
	for range 60 {
		b := w.browser()
		b.start("anonymous")
		session := "parley-shop-session=" + b.token()
		var token string
		var both sync.WaitGroup
		both.Go(func() { token, _ = w.navigate("/slow", session+"; shop=mia") })
		<-asked // the login's request came before the logout's: whatever happens, it must lose
		both.Go(func() { w.navigate("/out", session) })
		release <- struct{}{}
		both.Wait()
		if token != "" && w.who(token) != "none" {
			t.Fatal("a session outlived a logout that came with its predecessor's token")
		}
	}
}

func TestNextPersonCannotClaimWhatThePreviousOneLeft(t *testing.T) {
	for name, next := range map[string][]string{
		"after a logout": {"/in?as=mia", "/out", "/in?as=jonas"},
		"after a switch": {"/in?as=mia", "/in?as=jonas"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, shop, shopIdentity)
			b := w.browser()
			mark := b.start("mia's, before she signed in")
			for _, path := range next {
				b.visit(path)
			}
			if got := b.history(mark); got != "" {
				t.Fatalf("jonas got %q", got)
			}
		})
	}
}

func TestEvidenceIsStrippedFromWhateverIsSent(t *testing.T) {
	w := prepare(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Trailer", "X-User-Id")
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(http.StatusOK)
		_, _ = rw.Write([]byte("<p>page"))
		rw.(http.Flusher).Flush()
		rw.Header().Set("X-User-Id", "mia")
	})
	caddyfile := strings.Replace(w.caddyfile("", shopIdentity), "chat_console {", "header /outer/* X-User-Id 55\n	header /_chat/* X-User-Id 55\n	error /outer/error 404\n	chat_console {", 1)
	w.load(caddyfile)
	b := w.browser()
	for _, path := range []string{"/", "/outer/page", "/outer/error", "/_chat/widget.js"} {
		resp, _ := b.visit(path)
		if got := resp.Header.Get("X-User-Id") + resp.Trailer.Get("X-User-Id"); got != "" {
			t.Errorf("%s: %q reached the browser", path, got)
		}
	}
}

func TestLogoutWithoutACookieClearsIt(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	r := w.browser().request(http.MethodPost, "/out", nil) // from another site: no Lax cookie
	resp, _ := w.browser().do(r)
	cleared := 0
	for _, c := range resp.Cookies() {
		if strings.HasPrefix(c.Name, "parley-shop") && c.MaxAge < 0 {
			cleared++
		}
	}
	if cleared != 2 {
		t.Fatalf("cleared %d cookies: %q", cleared, resp.Header.Values("Set-Cookie"))
	}
}

func TestPartialEvidenceTakesNothingAway(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-User-Id", "7")
		rw.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/page" {
			rw.Header().Set("X-User-Firstname", "Ann")
			rw.Header().Set("Content-Type", "text/html")
		}
		_, _ = rw.Write([]byte("<p>"))
	}, shopIdentity)
	b := w.browser()
	b.visit("/page")
	b.visit("/api", "Accept", "application/json")
	b.say("send", "ack", obj{"cid": "client-1", "text": "hello"})
	_, desk := w.desk()
	desk.say(obj{"t": "inbox"})
	if got := desk.expect("inbox").Conversations[0].Profile; got.Firstname != "Ann" || got.ID != "7" {
		t.Fatalf("the profile became %+v", got)
	}
}

func TestPlantedCookiesNeitherCountNorReachTheApp(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	r := w.browser().request(http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", "a=1; parley-shop-session="+b.token()+"; parley-shop-session=planted; __Host-parley-shop-session=x")
	if _, body := w.browser().do(r); strings.Contains(body, "parley") || !strings.Contains(body, "a=1") {
		t.Fatalf("the application got %s", body)
	}
}

func TestHTTPSTakesNoOriginOfHTTP(t *testing.T) {
	w := prepare(t, shop)
	caddyfile := strings.Replace(w.caddyfile("", shopIdentity), "	chat {\n		storage", "	servers {\n		trusted_proxies static 127.0.0.1/32\n	}\n	chat {\n		storage", 1)
	w.load(caddyfile)
	for origin, want := range map[string]int{"http://" + w.addr: 403, "https://" + w.addr: 200, "ftp://" + w.addr: 403} {
		b := w.browser()
		r := b.request(http.MethodPost, "/_chat/api/start", []byte("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", origin)
		r.Header.Set("X-Forwarded-Proto", "https")
		resp, body := b.do(r)
		if resp.StatusCode != want {
			t.Errorf("%s: %d %s", origin, resp.StatusCode, body)
		}
		for _, c := range resp.Cookies() {
			if !c.Secure || c.Name == "parley-shop-session" {
				t.Errorf("over HTTPS: %s", c.Raw)
			}
		}
	}
}

func TestNarrowedAgentComesBackAsWhoTheyAreNow(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	visitor := w.browser()
	visitor.visit("/in?as=mia")
	visitor.say("send", "ack", obj{"cid": "client-1", "text": "hello"})
	b, _ := w.desk()
	w.load(strings.Replace(w.caddyfile("", shopIdentity), `name "Anna Berg"`, "name \"Anna Berg\"\n			sites other", 1))
	s := b.socket("/desk/socket")
	s.say(obj{"t": "inbox", "status": "all"})
	if got := s.expect("inbox").Conversations; len(got) != 0 {
		t.Fatalf("she still sees %+v", got)
	}
}

func TestSignOutEndsAllConsolesOfTheSignIn(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b, s := w.desk()
	b.post("/desk/api/logout", obj{})
	s.expect("signed_out")
	if code := s.closed(); code != 4003 {
		t.Fatalf("closed with %d", code)
	}
}

func TestStrangersCannotKeepAnAgentOut(t *testing.T) {
	w := prepare(t, shop)
	w.load(strings.Replace(w.caddyfile("", shopIdentity), "	chat {\n		storage", "	servers {\n		trusted_proxies static 127.0.0.1/32\n	}\n	chat {\n		storage", 1))
	login := func(from, password string) int {
		b := w.browser()
		r := b.request(http.MethodPost, "/desk/api/login", []byte(`{"email":"anna@example.com","password":"`+password+`"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", w.url)
		r.Header.Set("X-Forwarded-For", from)
		resp, _ := b.do(r)
		return resp.StatusCode
	}
	if got := login("192.0.2.1", annaPassword); got != 200 {
		t.Fatalf("signing in: %d", got)
	}
	for i := range 8 {
		login("198.51.100."+string(rune('1'+i)), "guess")
	}
	if got := login("203.0.113.9", annaPassword); got != 429 {
		t.Errorf("guesses from many addresses are not held back: %d", got)
	}
	if got := login("192.0.2.1", annaPassword); got != 200 {
		t.Errorf("where she signed in before, strangers keep her out: %d", got)
	}
}
