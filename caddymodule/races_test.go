package caddymodule_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

// navigate asks for a page with these cookies and returns the session's token
// that the answer sets.
func navigate(w *caddytest.World, path, cookies string) (token string, ok bool) {
	r, err := http.NewRequest(http.MethodGet, w.URL+path, nil)
	if err != nil {
		w.T.Error(err)
		return "", false
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", cookies)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.T.Error(err)
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
func who(w *caddytest.World, token string) string {
	b := w.Browser()
	b.SetToken("shop", token)
	return b.Call("hello", "hello", caddytest.Obj{}).Who
}

func TestParallelAnswersAtLoginAreOneSessionThatOneLogoutEnds(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	for range 20 {
		b := w.Browser()
		b.StartChat("anonymous")
		cookies := "parley-shop-session=" + b.Token() + "; shop=mia"
		tokens := make([]string, 8)
		var all sync.WaitGroup
		for i := range tokens {
			all.Go(func() { tokens[i], _ = navigate(w, "/", cookies) })
		}
		all.Wait()
		navigate(w, "/out", "parley-shop-session="+tokens[0])
		for _, token := range tokens {
			if got := who(w, token); got != "none" {
				t.Fatalf("after a logout with one of the tokens, another is %s", got)
			}
		}
	}
}

func TestLogoutThatRacesALoginWins(t *testing.T) {
	w, asked, release := slowWorld(t)
	for range 60 {
		b := w.Browser()
		b.StartChat("anonymous")
		session := "parley-shop-session=" + b.Token()
		var token string
		var both sync.WaitGroup
		both.Go(func() { token, _ = navigate(w, "/slow", session+"; shop=mia") })
		<-asked // the login's request came before the logout's: whatever happens, it must lose
		both.Go(func() { navigate(w, "/out", session) })
		release <- struct{}{}
		both.Wait()
		if token != "" && who(w, token) != "none" {
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
			w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
			b := w.Browser()
			mark := b.StartChat("mia's, before she signed in")
			for _, path := range next {
				b.Visit(path)
			}
			if got := b.History(mark); got != "" {
				t.Fatalf("jonas got %q", got)
			}
		})
	}
}

func TestEvidenceIsStrippedFromWhateverIsSent(t *testing.T) {
	w := caddytest.Prepare(t, func(rw http.ResponseWriter, r *http.Request) {
		trailer := ""
		if strings.HasPrefix(r.URL.Path, "/unannounced/") {
			trailer = http.TrailerPrefix
		} else {
			rw.Header().Set("Trailer", "X-User-Id, X-Sum")
		}
		rw.Header().Set("Content-Type", "text/html")
		if strings.HasSuffix(r.URL.Path, ".json") {
			rw.Header().Set("Content-Type", "application/json")
		}
		rw.WriteHeader(http.StatusOK)
		_, _ = rw.Write([]byte("<p>page"))
		rw.(http.Flusher).Flush()
		rw.Header().Set(trailer+"X-User-Id", "mia")
		rw.Header().Set(trailer+"X-Sum", "42")
	})
	caddyfile := strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "chat_console {", "header /outer/* X-User-Id 55\n	header /_chat/* X-User-Id 55\n	error /outer/error 404\n	chat_console {", 1)
	w.Load(caddyfile)
	b := w.Browser()
	for _, path := range []string{"/", "/data.json", "/unannounced/", "/unannounced/data.json", "/outer/page", "/outer/error", "/_chat/widget.js"} {
		resp, _ := b.Visit(path)
		if got := resp.Header.Get("X-User-Id") + resp.Trailer.Get("X-User-Id"); got != "" {
			t.Errorf("%s: %q reached the browser", path, got)
		}
		if _, announced := resp.Trailer["X-User-Id"]; announced {
			t.Errorf("%s: the browser is told of X-User-Id", path)
		}
		if path != "/outer/error" && !strings.HasPrefix(path, "/_chat/") && resp.Trailer.Get("X-Sum") != "42" {
			t.Errorf("%s: the trailers are %v", path, resp.Trailer)
		}
	}
}

func TestLogoutWithoutACookieClearsIt(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	r := w.Browser().Request(http.MethodPost, "/out", nil) // from another site: no Lax cookie
	resp, _ := w.Browser().Do(r)
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
	w := caddytest.NewWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-User-Id", "7")
		rw.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/page" {
			rw.Header().Set("X-User-Firstname", "Ann")
			rw.Header().Set("Content-Type", "text/html")
		}
		_, _ = rw.Write([]byte("<p>"))
	}, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/page")
	b.Visit("/api", "Accept", "application/json")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "hello"})
	_, desk := w.Desk()
	desk.Send(caddytest.Obj{"t": "inbox"})
	if got := desk.Expect("inbox").Conversations[0].Profile; got.Firstname != "Ann" || got.ID != "7" {
		t.Fatalf("the profile became %+v", got)
	}
}

func TestPlantedCookiesNeitherCountNorReachTheApp(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	r := w.Browser().Request(http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Cookie", "a=1; parley-shop-session="+b.Token()+"; parley-shop-session=planted; __Host-parley-shop-session=x")
	if _, body := w.Browser().Do(r); strings.Contains(body, "parley") || !strings.Contains(body, "a=1") {
		t.Fatalf("the application got %s", body)
	}
}

func TestHTTPSTakesNoOriginOfHTTP(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	caddyfile := strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "	chat {\n		storage", "	servers {\n		trusted_proxies static 127.0.0.1/32\n	}\n	chat {\n		storage", 1)
	w.Load(caddyfile)
	for origin, want := range map[string]int{"http://" + w.Addr: 403, "https://" + w.Addr: 200, "ftp://" + w.Addr: 403} {
		b := w.Browser()
		r := b.Request(http.MethodPost, "/_chat/api/start", []byte("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", origin)
		r.Header.Set("X-Forwarded-Proto", "https")
		resp, body := b.Do(r)
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
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	visitor := w.Browser()
	visitor.Visit("/in?as=mia")
	visitor.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "hello"})
	b, _ := w.Desk()
	w.Load(strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), `name "Anna Berg"`, "name \"Anna Berg\"\n			sites other", 1))
	s := b.Socket("/desk/socket")
	s.Send(caddytest.Obj{"t": "inbox", "status": "all"})
	if got := s.Expect("inbox").Conversations; len(got) != 0 {
		t.Fatalf("she still sees %+v", got)
	}
}

func TestSignOutEndsAllConsolesOfTheSignIn(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b, s := w.Desk()
	b.Post("/desk/api/logout", caddytest.Obj{})
	s.Expect("signed_out")
	if code := s.CloseCode(); code != 4003 {
		t.Fatalf("closed with %d", code)
	}
}
