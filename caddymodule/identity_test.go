package caddymodule_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestWhoLogsInSeesTheirHistoryOnEveryDevice(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	laptop, phone := w.browser(), w.browser()
	laptop.visit("/in?as=mia")
	laptop.say("send", "ack", obj{"cid": "client-1", "text": "from the laptop"})
	phone.visit("/in?as=mia")
	if got := phone.history(""); got != "from the laptop" {
		t.Fatalf("the phone shows %q", got)
	}
	stranger := w.browser()
	stranger.visit("/in?as=jonas")
	if got := stranger.history(""); got != "" {
		t.Fatalf("someone else sees %q", got)
	}
}

func TestWhoLogsOutIsANewCustomer(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	b.say("send", "ack", obj{"cid": "client-1", "text": "a secret"})
	tab := b.hello("")
	old := b.token()
	resp, _ := b.visit("/out")
	if got := resp.Header.Values("Set-Cookie"); len(got) < 3 {
		t.Fatalf("the logout's answer clears no cookies: %q", got)
	}
	tab.expect("reset")
	if code := tab.closed(); code != 4003 {
		t.Fatalf("the socket closed with %d", code)
	}
	if got := b.token(); got != "" {
		t.Fatalf("a token is left: %q", got)
	}
	b.keep("shop", old)
	f := b.say("hello", "hello", obj{})
	if f.Who != "none" || f.texts() != "" {
		t.Fatalf("the old token still opens %+v", f)
	}
	b.say("send", "error", obj{"cid": "client-2", "text": "as before"})
	mark := b.start("somebody new")
	if got := b.history(mark); got != "somebody new" {
		t.Fatalf("the new customer sees %q", got)
	}
}

func TestAnonymousChatTakesCookieAndMark(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b, other := w.browser(), w.browser()
	mark := b.start("just looking")
	if got := b.history(mark); got != "just looking" {
		t.Fatalf("the tab sees %q", got)
	}
	if f := b.say("hello", "hello", obj{}); f.Who != "none" || f.texts() != "" {
		t.Fatalf("the cookie alone opens %+v", f)
	}
	if f := other.say("hello", "hello", obj{"mark": mark}); f.Who != "none" || f.texts() != "" {
		t.Fatalf("the mark alone opens %+v", f)
	}
	otherMark := other.start("me too")
	if f := other.say("hello", "hello", obj{"mark": mark}); f.Who != "none" {
		t.Fatalf("another's mark opens %+v", f)
	}
	if got := other.history(otherMark); got != "me too" {
		t.Fatalf("the other sees %q", got)
	}
}

func TestLoginClaimsTheAnonymousChatByItsMark(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	mark := b.start("before login")
	tab := b.hello(mark)
	anonymous := b.token()
	b.visit("/in?as=mia")
	if b.token() == anonymous {
		t.Fatal("the token did not change at login")
	}
	tab.expect("again")
	if got := b.history(""); got != "" {
		t.Fatalf("the cookie alone claimed %q", got)
	}
	if got := b.history(mark); got != "before login" {
		t.Fatalf("after the claim: %q", got)
	}
	if got := b.history(""); got != "before login" {
		t.Fatalf("it did not stay claimed: %q", got)
	}
	// Claimed once: the next person at this computer can't have it too.
	b.visit("/in?as=jonas")
	if got := b.history(mark); got != "" {
		t.Fatalf("claimed twice: %q", got)
	}
}

func TestWhatALogoutEndedCannotBeClaimed(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	mark := b.start("private")
	b.say("reset", "reset", obj{})
	b.visit("/in?as=mia")
	if got := b.history(mark); got != "" {
		t.Fatalf("claimed after a reset: %q", got)
	}
}

func TestSwitchOfPersonIsALogoutAndALogin(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	b.say("send", "ack", obj{"cid": "client-1", "text": "mia's"})
	tab := b.hello("")
	b.visit("/in?as=jonas")
	tab.expect("reset")
	if got := b.history(""); got != "" {
		t.Fatalf("the next person sees %q", got)
	}
	b.visit("/in?as=mia")
	if got := b.history(""); got != "mia's" {
		t.Fatalf("back again, mia sees %q", got)
	}
}

func TestEvidenceNeverReachesTheBrowser(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	for _, path := range []string{"/in?as=mia", "/page", "/out", "/data?h-content-type=application/json"} {
		resp, _ := b.visit(path)
		for name := range resp.Header {
			if strings.HasPrefix(name, "X-User-") {
				t.Errorf("%s: %s reached the browser", path, name)
			}
		}
	}
}

func TestNothingThatABrowserSaysIsEvidence(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	mia := w.browser()
	mia.visit("/in?as=mia")
	mia.say("send", "ack", obj{"cid": "client-1", "text": "mia's"})
	b := w.browser()
	b.visit("/?X-User-Id=mia", "X-User-Id", "mia", "X-User-Email", "mia@example.com")
	if b.token() != "" {
		t.Fatal("a forged header made a session")
	}
	mark := b.start("hello")
	b.say("tag", "ok", obj{"mark": mark, "data": obj{"id": "mia", "email": "mia@example.com"}})
	if got := b.history(mark); got != "hello" {
		t.Fatalf("tag opened %q", got)
	}
	_, desk := w.desk()
	desk.say(obj{"t": "inbox", "status": "open"})
	for _, c := range desk.expect("inbox").Conversations {
		if !c.Person && (c.Claims.Email != "mia@example.com" || c.Profile.Email != "" || c.Name != "Visitor") {
			t.Fatalf("agents see %+v: what tag said is no claim, or was believed", c)
		}
	}
}

func TestAppNeverSeesTheToken(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	for _, accept := range []string{"text/html", "image/png"} {
		_, body := b.visit("/", "Accept", accept)
		if b.token() == "" || strings.Contains(body, b.token()) || !strings.Contains(body, "shop=mia") {
			t.Fatalf("accepting %s, the application got %s", accept, body)
		}
	}
}

func TestAnswersThatSetTheCookieArePrivate(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	resp, _ := w.browser().visit("/in?as=mia&h-cache-control=max-age%3D60&h-x-accel-expires=60&h-cdn-cache-control=max-age%3D60&h-surrogate-control=max-age%3D60")
	if got := resp.Header.Get("Cache-Control"); got != "max-age=60, private" {
		t.Fatalf("Cache-Control: %q", got)
	}
	for _, own := range []string{"X-Accel-Expires", "CDN-Cache-Control", "Surrogate-Control"} {
		if got := resp.Header.Get(own); got != "" {
			t.Errorf("a shared cache is told by %s: %s", own, got)
		}
	}
	for _, c := range resp.Cookies() {
		switch c.Name {
		case "parley-shop-session":
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || len(c.Value) < 22 || c.MaxAge != 0 {
				t.Errorf("the session's cookie: %s", c.Raw)
			}
		case "parley-shop":
			if c.HttpOnly || c.Value != "p" {
				t.Errorf("the companion: %s", c.Raw)
			}
		}
	}
}

func TestEvidenceFromASharedCacheIsIgnored(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	for _, header := range []string{"h-age=10", "h-cache-control=public", "h-cache-control=s-maxage%3D9"} {
		b := w.browser()
		resp, _ := b.visit("/in?as=mia&" + header)
		if b.token() != "" || resp.Header.Get("X-User-Id") != "" {
			t.Errorf("%s: it was believed or passed on", header)
		}
	}
	if n := w.logged("evidence", "cache"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
}

func TestPageWithoutEvidenceEndsTheIdentityOnceOneHadIt(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	b.visit("/in?as=mia")
	b.say("send", "ack", obj{"cid": "client-1", "text": "mia's"})
	// The application forgets on its own, with no logout that we could see.
	b.cookie("shop", "")
	b.visit("/")
	if got := b.say("hello", "hello", obj{}); got.Who != "none" || got.texts() != "" {
		t.Fatalf("still %+v", got)
	}
}

func TestInScopeLoginOnlyLogoutEndsTheIdentity(t *testing.T) {
	w := newWorld(t, shop, strings.Replace(shopIdentity, "id X-User-Id", "id X-User-Id\nscope login", 1))
	b := w.browser()
	b.visit("/in?as=mia")
	b.cookie("shop", "")
	b.visit("/")
	if got := b.say("hello", "hello", obj{}); got.Who != "person" {
		t.Fatalf("a page without evidence ended it: %+v", got)
	}
	b.visit("/out")
	if got := b.say("hello", "hello", obj{}); got.Who != "none" {
		t.Fatalf("the logout did not end it: %+v", got)
	}
}

func TestPublicPagesSayNothing(t *testing.T) {
	w := newWorld(t, shop, strings.Replace(shopIdentity, "id X-User-Id", "id X-User-Id\npublic /docs/*", 1))
	b := w.browser()
	b.visit("/in?as=mia")
	b.cookie("shop", "")
	b.visit("/docs/a")
	if got := b.say("hello", "hello", obj{}); got.Who != "person" {
		t.Fatalf("a public page ended it: %+v", got)
	}
}

func TestSlowAnswerFromBeforeTheLogoutBringsNothingBack(t *testing.T) {
	for _, cookie := range []string{"with the session's cookie", "without a cookie"} {
		t.Run(cookie, func(t *testing.T) {
			asked, release := make(chan struct{}), make(chan struct{})
			w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					close(asked)
					<-release
					rw.Header().Set("X-User-Id", "mia")
					rw.Header().Set("Content-Type", "text/html")
					_, _ = io.WriteString(rw, "<p>slow")
					return
				}
				shop(rw, r)
			}, shopIdentity)
			b := w.browser()
			b.visit("/in?as=mia")
			r := b.request(http.MethodGet, "/slow", nil)
			r.Header.Set("Accept", "text/html")
			if cookie == "with the session's cookie" {
				r.Header.Set("Cookie", "parley-shop-session="+b.token())
			}
			slow := make(chan *http.Response, 1)
			go func() {
				resp, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					t.Error(err)
				}
				slow <- resp
			}()
			<-asked
			b.visit("/out")
			close(release)
			resp := <-slow
			defer resp.Body.Close()
			if got := resp.Header.Values("Set-Cookie"); len(got) > 0 {
				t.Fatalf("the slow answer set %q", got)
			}
			b.visit("/in?as=mia")
			if f := b.say("hello", "hello", obj{}); f.Who != "person" {
				t.Fatalf("after a new login: %+v", f)
			}
		})
	}
}

func TestParallelAnswersToOneBrowserAreOneSession(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	first, _ := b.visit("/in?as=mia")
	b2 := w.browser() // the same browser, whose second request left before the first answer
	second, _ := b2.visit("/in?as=mia")
	if first.Header.Values("Set-Cookie")[1] != second.Header.Values("Set-Cookie")[1] {
		t.Fatalf("two sessions: %q, %q", first.Header.Values("Set-Cookie"), second.Header.Values("Set-Cookie"))
	}
}

func TestLostAnswerOfALoginIsMadeUpFor(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	b := w.browser()
	mark := b.start("before")
	anonymous := b.token()
	b.visit("/in?as=mia")
	b.keep("shop", anonymous) // as if the answer had been lost
	if f := b.say("hello", "hello", obj{"mark": mark}); f.Who != "none" || !f.Stale {
		t.Fatalf("the superseded token gives %+v", f)
	}
	b.visit("/")
	if got := b.history(mark); got != "before" {
		t.Fatalf("the further token gives %q", got)
	}
}

func TestLogoutByNamedMatcher(t *testing.T) {
	w := prepare(t, shop)
	caddyfile := w.caddyfile("", strings.Replace(shopIdentity, "logout /out", "logout @signout", 1))
	caddyfile = strings.Replace(caddyfile, "chat_console {", "@signout query do=logout\n	chat_console {", 1)
	w.load(caddyfile)
	b := w.browser()
	b.visit("/in?as=mia")
	b.visit("/wiki?do=logout")
	if f := b.say("hello", "hello", obj{}); f.Who != "none" {
		t.Fatalf("after the logout: %+v", f)
	}
}

func TestLogoutMatchesTheRequestAsItArrived(t *testing.T) {
	w := prepare(t, shop)
	caddyfile := strings.Replace(w.caddyfile("", shopIdentity), "chat_console {", "rewrite * /index.php\n	chat_console {", 1)
	caddyfile = strings.Replace(caddyfile, "logout /out", "logout /signed/out/*", 1)
	w.load(caddyfile)
	b := w.browser()
	b.cookie("shop", "mia")
	b.visit("/in")
	if b.say("hello", "hello", obj{}).Who != "person" {
		t.Fatal("not signed in")
	}
	b.visit("/signed//Out/now")
	if f := b.say("hello", "hello", obj{}); f.Who != "none" {
		t.Fatalf("after the logout: %+v", f)
	}
}

func TestIdentityFromPlaceholders(t *testing.T) {
	w := prepare(t, shop)
	caddyfile := w.caddyfile("", `
		site intranet
		identity {
			id {http.auth.user.id}
		}
	`)
	caddyfile = strings.Replace(caddyfile, "reverse_proxy", "basic_auth {\n mia "+annaHash+"\n}\n	reverse_proxy", 1)
	w.load(caddyfile)
	signedIn := func(b *browser) {
		r := b.request(http.MethodGet, "/", nil)
		r.Header.Set("Accept", "text/html")
		r.SetBasicAuth("mia", annaPassword)
		b.do(r)
	}
	// The console and the API are behind basic_auth too: only the page counts here.
	b := w.browser()
	signedIn(b)
	if b.token() == "" {
		t.Fatal("no session for who passed basic_auth")
	}
}

func TestRequestHeadersCountOnlyWithTrust(t *testing.T) {
	words := `
		site shop
		identity {
			email {http.request.header.Remote-Email}
			trust trusted_proxies
		}`
	w := newWorld(t, shop, words)
	b := w.browser()
	b.visit("/", "Remote-Email", "mia@example.com")
	if b.token() != "" {
		t.Fatal("a header counted that no trusted proxy sent")
	}
	trusting := strings.Replace(w.caddyfile("", words), "	chat {\n		storage", "	servers {\n		trusted_proxies static 127.0.0.1/32\n	}\n	chat {\n		storage", 1)
	w.load(trusting)
	b.visit("/", "Remote-Email", "mia@example.com")
	if b.token() == "" {
		t.Fatal("a trusted proxy's header did not count")
	}
}
