package caddymodule_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

func TestWhoLogsInSeesTheirHistoryOnEveryDevice(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	laptop, phone := w.Browser(), w.Browser()
	laptop.Visit("/in?as=mia")
	laptop.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "from the laptop"})
	phone.Visit("/in?as=mia")
	if got := phone.History(""); got != "from the laptop" {
		t.Fatalf("the phone shows %q", got)
	}
	stranger := w.Browser()
	stranger.Visit("/in?as=jonas")
	if got := stranger.History(""); got != "" {
		t.Fatalf("someone else sees %q", got)
	}
}

func TestWhoLogsOutIsANewCustomer(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "a secret"})
	tab := b.Hello("")
	old := b.Token()
	resp, _ := b.Visit("/out")
	if got := resp.Header.Values("Set-Cookie"); len(got) < 3 {
		t.Fatalf("the logout's answer clears no cookies: %q", got)
	}
	tab.Expect("reset")
	if code := tab.CloseCode(); code != 4003 {
		t.Fatalf("the socket closed with %d", code)
	}
	if got := b.Token(); got != "" {
		t.Fatalf("a token is left: %q", got)
	}
	b.SetToken("shop", old)
	f := b.Call("hello", "hello", caddytest.Obj{})
	if f.Who != "none" || f.Texts() != "" {
		t.Fatalf("the old token still opens %+v", f)
	}
	b.Call("send", "error", caddytest.Obj{"cid": "client-2", "text": "as before"})
	mark := b.StartChat("somebody new")
	if got := b.History(mark); got != "somebody new" {
		t.Fatalf("the new customer sees %q", got)
	}
}

func TestAnonymousChatTakesCookieAndMark(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b, other := w.Browser(), w.Browser()
	mark := b.StartChat("just looking")
	if got := b.History(mark); got != "just looking" {
		t.Fatalf("the tab sees %q", got)
	}
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" || f.Texts() != "" {
		t.Fatalf("the cookie alone opens %+v", f)
	}
	if f := other.Call("hello", "hello", caddytest.Obj{"mark": mark}); f.Who != "none" || f.Texts() != "" {
		t.Fatalf("the mark alone opens %+v", f)
	}
	otherMark := other.StartChat("me too")
	if f := other.Call("hello", "hello", caddytest.Obj{"mark": mark}); f.Who != "none" {
		t.Fatalf("another's mark opens %+v", f)
	}
	if got := other.History(otherMark); got != "me too" {
		t.Fatalf("the other sees %q", got)
	}
}

func TestLoginClaimsTheAnonymousChatByItsMark(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	mark := b.StartChat("before login")
	tab := b.Hello(mark)
	anonymous := b.Token()
	b.Visit("/in?as=mia")
	if b.Token() == anonymous {
		t.Fatal("the token did not change at login")
	}
	tab.Expect("again")
	if got := b.History(""); got != "" {
		t.Fatalf("the cookie alone claimed %q", got)
	}
	if got := b.History(mark); got != "before login" {
		t.Fatalf("after the claim: %q", got)
	}
	if got := b.History(""); got != "before login" {
		t.Fatalf("it did not stay claimed: %q", got)
	}
	// Claimed once: the next person at this computer can't have it too.
	b.Visit("/in?as=jonas")
	if got := b.History(mark); got != "" {
		t.Fatalf("claimed twice: %q", got)
	}
}

func TestWhatALogoutEndedCannotBeClaimed(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	mark := b.StartChat("private")
	b.Call("reset", "reset", caddytest.Obj{})
	b.Visit("/in?as=mia")
	if got := b.History(mark); got != "" {
		t.Fatalf("claimed after a reset: %q", got)
	}
}

func TestSwitchOfPersonIsALogoutAndALogin(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	tab := b.Hello("")
	b.Visit("/in?as=jonas")
	tab.Expect("reset")
	if got := b.History(""); got != "" {
		t.Fatalf("the next person sees %q", got)
	}
	b.Visit("/in?as=mia")
	if got := b.History(""); got != "mia's" {
		t.Fatalf("back again, mia sees %q", got)
	}
}

func TestEvidenceNeverReachesTheBrowser(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	for _, path := range []string{"/in?as=mia", "/page", "/out", "/data?h-content-type=application/json"} {
		resp, _ := b.Visit(path)
		for name := range resp.Header {
			if strings.HasPrefix(name, "X-User-") {
				t.Errorf("%s: %s reached the browser", path, name)
			}
		}
	}
}

func TestNothingThatABrowserSaysIsEvidence(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	mia := w.Browser()
	mia.Visit("/in?as=mia")
	mia.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	b := w.Browser()
	b.Visit("/?X-User-Id=mia", "X-User-Id", "mia", "X-User-Email", "mia@example.com")
	if b.Token() != "" {
		t.Fatal("a forged header made a session")
	}
	mark := b.StartChat("hello")
	b.Call("tag", "ok", caddytest.Obj{"mark": mark, "data": caddytest.Obj{"id": "mia", "email": "mia@example.com"}})
	if got := b.History(mark); got != "hello" {
		t.Fatalf("tag opened %q", got)
	}
	_, desk := w.Desk()
	desk.Send(caddytest.Obj{"t": "inbox", "status": "open"})
	for _, c := range desk.Expect("inbox").Conversations {
		if !c.Person && (c.Claims.Email != "mia@example.com" || c.Profile.Email != "" || c.Name != "Visitor") {
			t.Fatalf("agents see %+v: what tag said is no claim, or was believed", c)
		}
	}
}

func TestAppNeverSeesTheToken(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	for _, accept := range []string{"text/html", "image/png"} {
		_, body := b.Visit("/", "Accept", accept)
		if b.Token() == "" || strings.Contains(body, b.Token()) || !strings.Contains(body, "shop=mia") {
			t.Fatalf("accepting %s, the application got %s", accept, body)
		}
	}
}

func TestAnswersThatSetTheCookieArePrivate(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	resp, _ := w.Browser().Visit("/in?as=mia&h-cache-control=max-age%3D60")
	if got := resp.Header.Get("Cache-Control"); got != "max-age=60, private" {
		t.Fatalf("Cache-Control: %q", got)
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

// ownFields are those by which shared caches may be told to keep what browsers
// may not.
var ownFields = []string{"CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Netlify-CDN-Cache-Control", "Vercel-CDN-Cache-Control",
	"Akamai-Cache-Control", "X-LiteSpeed-Cache-Control", "Tomorrow-Cache-Control", "Edge-Control", "Surrogate-Control", "X-Accel-Expires"}

// An answer with our cookie tells no shared cache to keep it, also not where it
// says no-store to all others.
func TestSharedCachesAreToldNothingOfTheirOwn(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	for _, cacheControl := range []string{"no-store", "max-age%3D60"} {
		query := "?h-cache-control=" + cacheControl
		for _, own := range ownFields {
			query += "&h-" + own + "=60"
		}
		b.Visit("/in?as=mia")
		resp, _ := b.Visit("/out" + query)
		if len(resp.Cookies()) == 0 {
			t.Fatal("the logout clears no cookie")
		}
		for _, own := range ownFields {
			if got := resp.Header.Get(own); got != "" {
				t.Errorf("a shared cache is told by %s: %s", own, got)
			}
		}
	}
}

func TestEvidenceFromASharedCacheIsIgnored(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	headers := []string{"h-age=10", "h-cache-control=public", "h-cache-control=s-maxage%3D9"}
	for _, own := range ownFields {
		headers = append(headers, "h-"+own+"=60")
	}
	for _, header := range headers {
		b := w.Browser()
		resp, _ := b.Visit("/in?as=mia&" + header)
		if b.Token() != "" || resp.Header.Get("X-User-Id") != "" {
			t.Errorf("%s: it was believed or passed on", header)
		}
	}
	if n := w.Logged("evidence", "cache"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
}

func TestPageWithoutEvidenceEndsTheIdentityOnceOneHadIt(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	// The application forgets on its own, with no logout that we could see.
	b.Cookie("shop", "")
	b.Visit("/")
	if got := b.Call("hello", "hello", caddytest.Obj{}); got.Who != "none" || got.Texts() != "" {
		t.Fatalf("still %+v", got)
	}
}

func TestInScopeLoginOnlyLogoutEndsTheIdentity(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, strings.Replace(caddytest.ShopIdentity, "id X-User-Id", "id X-User-Id\nscope login", 1))
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Cookie("shop", "")
	b.Visit("/")
	if got := b.Call("hello", "hello", caddytest.Obj{}); got.Who != "person" {
		t.Fatalf("a page without evidence ended it: %+v", got)
	}
	b.Visit("/out")
	if got := b.Call("hello", "hello", caddytest.Obj{}); got.Who != "none" {
		t.Fatalf("the logout did not end it: %+v", got)
	}
}

func TestPublicPagesSayNothing(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, strings.Replace(caddytest.ShopIdentity, "id X-User-Id", "id X-User-Id\npublic /docs/*", 1))
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Cookie("shop", "")
	b.Visit("/docs/a")
	if got := b.Call("hello", "hello", caddytest.Obj{}); got.Who != "person" {
		t.Fatalf("a public page ended it: %+v", got)
	}
	// What only resembles a public page names no one, which ends it.
	b.Visit("/docs;a/b")
	if got := b.Call("hello", "hello", caddytest.Obj{}); got.Who != "none" {
		t.Fatalf("a page that is not public left it: %+v", got)
	}
}

func TestSlowAnswerFromBeforeTheLogoutBringsNothingBack(t *testing.T) {
	for _, cookie := range []string{"with the session's cookie", "without a cookie"} {
		t.Run(cookie, func(t *testing.T) {
			asked, release := make(chan struct{}), make(chan struct{})
			w := caddytest.NewWorld(t, func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					close(asked)
					<-release
					rw.Header().Set("X-User-Id", "mia")
					rw.Header().Set("Content-Type", "text/html")
					_, _ = io.WriteString(rw, "<p>slow")
					return
				}
				caddytest.Shop(rw, r)
			}, caddytest.ShopIdentity)
			b := w.Browser()
			b.Visit("/in?as=mia")
			r := b.Request(http.MethodGet, "/slow", nil)
			r.Header.Set("Accept", "text/html")
			if cookie == "with the session's cookie" {
				r.Header.Set("Cookie", "parley-shop-session="+b.Token())
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
			b.Visit("/out")
			close(release)
			resp := <-slow
			defer resp.Body.Close()
			if got := resp.Header.Values("Set-Cookie"); len(got) > 0 {
				t.Fatalf("the slow answer set %q", got)
			}
			b.Visit("/in?as=mia")
			if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
				t.Fatalf("after a new login: %+v", f)
			}
		})
	}
}

func TestParallelAnswersToOneBrowserAreOneSession(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	first, _ := b.Visit("/in?as=mia")
	b2 := w.Browser() // the same browser, whose second request left before the first answer
	second, _ := b2.Visit("/in?as=mia", "Accept", "*/*", "Sec-Fetch-Mode", "cors")
	if first.Header.Values("Set-Cookie")[1] != second.Header.Values("Set-Cookie")[1] {
		t.Fatalf("two sessions: %q, %q", first.Header.Values("Set-Cookie"), second.Header.Values("Set-Cookie"))
	}
}

// Two devices in one office look alike, and one person uses both: each has a
// session of its own.
func TestDevicesThatLookAlikeShareNoSession(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	for name, header := range map[string][]string{
		"by what it accepts": nil,
		"by Fetch Metadata":  {"Accept", "*/*", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none"},
	} {
		kiosk, desk := w.Browser(), w.Browser()
		kiosk.Visit("/in?as=mia", header...)
		desk.Visit("/in?as=mia", header...)
		kiosk.Call("send", "ack", caddytest.Obj{"cid": "client-" + name[len(name)-3:], "text": "hello"})
		open := desk.Hello("")
		kiosk.Visit("/out")
		if f := desk.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" || !strings.Contains(f.Texts(), "hello") {
			t.Errorf("%s: after the logout of the one, the other has %+v", name, f)
		}
		// It may be another tab of the same browser: its connection comes back.
		if code := open.CloseCode(); code != 4005 {
			t.Errorf("%s: the other's connection closes with %d", name, code)
		}
		desk.Hello("")
		if f := kiosk.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
			t.Errorf("%s: the logout ended nothing: %+v", name, f)
		}
	}
}

// Where two ids have carried an address, it names neither of them.
func TestSharedAddressAloneNamesNobody(t *testing.T) {
	w := caddytest.NewWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		for field, name := range map[string]string{"id": "X-User-Id", "email": "X-User-Email"} {
			if v := r.FormValue(field); v != "" {
				rw.Header().Set(name, v)
			}
		}
		rw.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(rw, "<!doctype html><p>page")
	}, caddytest.ShopIdentity)
	says := func(b *caddytest.Browser, want string) {
		t.Helper()
		if f := b.Call("hello", "hello", caddytest.Obj{}); string(f.Who) != want {
			t.Fatalf("%+v, want %s", f, want)
		}
	}
	mia, jonas, page := w.Browser(), w.Browser(), "/?email=office@example.com"
	mia.Visit(page + "&id=mia")
	mia.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	mia.Visit(page) // it confirms
	says(mia, "person")
	device := w.Browser()
	device.Visit(page) // one person alone has it
	if got := device.History(""); got != "mia's" {
		t.Fatalf("another device shows %q", got)
	}
	jonas.Visit(page + "&id=jonas")
	says(jonas, "person")
	other := w.Browser()
	other.Visit(page)
	says(other, "none")
	jonas.Visit(page)
	says(jonas, "none") // a page that names nobody ends it
	jonas.Visit(page + "&id=jonas")
	says(jonas, "person")
	if got := jonas.History(""); got != "" {
		t.Fatalf("jonas has %q", got)
	}
}

func TestLostAnswerOfALoginIsMadeUpFor(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	mark := b.StartChat("before")
	anonymous := b.Token()
	b.Visit("/in?as=mia")
	b.SetToken("shop", anonymous) // as if the answer had been lost
	if f := b.Call("hello", "hello", caddytest.Obj{"mark": mark}); f.Who != "none" || !f.Stale {
		t.Fatalf("the superseded token gives %+v", f)
	}
	b.Visit("/")
	if got := b.History(mark); got != "before" {
		t.Fatalf("the further token gives %q", got)
	}
}

func TestLogoutByNamedMatcher(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	caddyfile := w.Caddyfile("", strings.Replace(caddytest.ShopIdentity, "logout /out", "logout @signout", 1))
	caddyfile = strings.Replace(caddyfile, "chat_console {", "@signout query do=logout\n	chat_console {", 1)
	w.Load(caddyfile)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Visit("/wiki?do=logout")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
		t.Fatalf("after the logout: %+v", f)
	}
}

func TestLogoutMatchesTheRequestAsItArrived(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	caddyfile := strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "chat_console {", "rewrite * /index.php\n	chat_console {", 1)
	caddyfile = strings.Replace(caddyfile, "logout /out", "logout /signed/out/*", 1)
	w.Load(caddyfile)
	b := w.Browser()
	b.Cookie("shop", "mia")
	b.Visit("/in")
	if b.Call("hello", "hello", caddytest.Obj{}).Who != "person" {
		t.Fatal("not signed in")
	}
	b.Visit("/signed//Out/now")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
		t.Fatalf("after the logout: %+v", f)
	}
}

// An application takes more for its logout than the path that its operator
// writes.
func TestLogoutInWhateverWayItIsWritten(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, strings.NewReplacer("id X-User-Id", "id X-User-Id\nscope login",
		"logout /out", "logout /out /account/sign%20out/ */bye /app/*/leave").Replace(caddytest.ShopIdentity))
	for _, path := range []string{"/out", "/out/", "/out//", "//out", "/OUT", "/%6Fut", "/out;jsessionid=1", "/out/;jsessionid=1", "/out;a=1/;b=2", "/./out/",
		"/account/sign%20out", "/account/sign%20out/", "/account/%73ign%20out", "/account;v=1/sign%20out;jsessionid=1", "/x/bye/", "/x/bye;y", "/app/1/leave/"} {
		b := w.Browser()
		b.Visit("/in?as=mia")
		b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
		b.Visit(path)
		if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
			t.Errorf("%s logs nobody out", path)
		}
	}
	for _, path := range []string{"/output", "/out/now", "/out/now;x", "/;/out-of-stock", "/shop"} {
		b := w.Browser()
		b.Visit("/in?as=mia")
		b.Visit(path)
		if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
			t.Errorf("%s logs out", path)
		}
	}
}

func TestIdentityFromPlaceholders(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	caddyfile := w.Caddyfile("", `
		site intranet
		identity {
			id {http.auth.user.id}
		}
	`)
	caddyfile = strings.Replace(caddyfile, "reverse_proxy", "basic_auth {\n mia "+caddytest.AnnaHash+"\n}\n	reverse_proxy", 1)
	w.Load(caddyfile)
	signedIn := func(b *caddytest.Browser) {
		r := b.Request(http.MethodGet, "/", nil)
		r.Header.Set("Accept", "text/html")
		r.SetBasicAuth("mia", caddytest.AnnaPassword)
		b.Do(r)
	}
	// The console and the API are behind basic_auth too: only the page counts here.
	b := w.Browser()
	signedIn(b)
	if b.Token() == "" {
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
	w := caddytest.NewWorld(t, caddytest.Shop, words)
	b := w.Browser()
	b.Visit("/", "Remote-Email", "mia@example.com")
	if b.Token() != "" {
		t.Fatal("a header counted that no trusted proxy sent")
	}
	trusting := strings.Replace(w.Caddyfile("", words), "	chat {\n		storage", "	servers {\n		trusted_proxies static 127.0.0.1/32\n	}\n	chat {\n		storage", 1)
	w.Load(trusting)
	b.Visit("/", "Remote-Email", "mia@example.com")
	if b.Token() == "" {
		t.Fatal("a trusted proxy's header did not count")
	}
}
