package e2e_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/nginx"
	"github.com/parley-chat/parley/e2e/people"
)

// accounts is an application whose pages name who is signed in, by a cookie
// that each page may set: ?in=mia. Its answers may be kept by caches, unless
// that is for the chat to say.
func accounts(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("in")
	if user != "" {
		http.SetCookie(w, &http.Cookie{Name: "user", Value: user, Path: "/"})
	} else if cookie, err := r.Cookie("user"); err == nil {
		user = cookie.Value
	}
	switch r.URL.Path {
	case "/about":
		w.Header().Set("Cache-Control", "public, max-age=600")
	case "/logout":
		http.SetCookie(w, &http.Cookie{Name: "user", Path: "/", MaxAge: -1})
	default:
		w.Header().Set("Cache-Control", "max-age=600")
		if user != "" {
			w.Header().Set("X-User-Id", user)
			w.Header().Set("X-User-Email", "office@example.com") // which all of them share
		}
	}
	pages{r.URL.Path: page(`<title>Shop</title>`, `<h1>Shop</h1>`)}.ServeHTTP(w, r)
}

const accountsChat = "identity {\nid X-User-Id\nemail X-User-Email\n}\nlogout /logout"

// cached asks a cache for a page as a browser does, and returns what the cache
// did and which cookies of the chat came along.
func cached(t *testing.T, client *http.Client, address string) (status string, cookies []string) {
	t.Helper()
	response, err := client.Do(navigation(t, http.MethodGet, address))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	for _, cookie := range response.Cookies() {
		if strings.Contains(cookie.Name, "parley-") {
			cookies = append(cookies, cookie.Name+"="+cookie.Value)
		}
	}
	return response.Header.Get(nginx.Status), cookies
}

// signedIn is a browser for cached that is signed in at the application, or
// not where user is empty.
func signedIn(t *testing.T, origin, user string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		jar.SetCookies(address, []*http.Cookie{{Name: "user", Value: user, Path: "/"}})
	}
	return &http.Client{Jar: jar}
}

// A cache that all visitors share keeps no answer with a cookie of the chat, and
// keeps the others as it did.
func TestSharedCache(t *testing.T) {
	t.Parallel()
	s := startSiteApart(t, accountsChat, http.HandlerFunc(accounts))
	front := nginx.StartCache(t, strings.TrimPrefix(s.local, "http://"))
	mia, jonas := signedIn(t, front, "mia"), signedIn(t, front, "jonas")

	// The chat's cookie comes with the page that first names Mia …
	first, hers := cached(t, mia, front+"/")
	if first != "MISS" || len(hers) != 2 {
		t.Fatalf("Mia's page: %s with the cookies %q, want MISS and two", first, hers)
	}
	// … and who asks for the same gets an answer of their own.
	if status, his := cached(t, jonas, front+"/"); status != "MISS" || len(his) != 2 || his[0] == hers[0] {
		t.Errorf("the same page for Jonas: %s with the cookies %q, want MISS and new ones", status, his)
	}
	if status, cookies := cached(t, signedIn(t, front, ""), front+"/"); status != "MISS" || len(cookies) != 0 {
		t.Errorf("the same page for who is not signed in: %s with the cookies %q, want MISS and none", status, cookies)
	}
	// A logout reaches the chat each time, and takes the cookie away.
	for range 2 {
		if status, cookies := cached(t, mia, front+"/logout"); status != "MISS" || len(cookies) != 2 || !strings.HasSuffix(cookies[0], "=") {
			t.Errorf("a logout: %s with the cookies %q, want MISS and two that are empty", status, cookies)
		}
	}

	// What sets no cookie is kept, whoever asks.
	for i, client := range []*http.Client{signedIn(t, front, ""), mia, jonas} {
		want := "HIT"
		if i == 0 {
			want = "MISS"
		}
		if status, cookies := cached(t, client, front+"/about"); status != want || len(cookies) != 0 {
			t.Errorf("a page for all, request %d: %s with the cookies %q, want %s and none", i, status, cookies, want)
		}
	}
	kept, body := fetch(t, navigation(t, http.MethodGet, front+"/about"))
	if kept.Header.Get(nginx.Status) != "HIT" || len(tag.FindAll(body, -1)) != 1 {
		t.Errorf("a page for all out of the cache: %s with the tag %d times", kept.Header.Get(nginx.Status), len(tag.FindAll(body, -1)))
	}
}

// The cache of TestSharedCache would pass Mia's cookie on to others, if it
// weren't for what the chat says in Cache-Control.
func TestSharedCacheWithoutCacheControl(t *testing.T) {
	t.Parallel()
	s := startSiteApart(t, accountsChat+"\n}\nheader {\n-Cache-Control\ndefer", http.HandlerFunc(accounts))
	front := nginx.StartCache(t, strings.TrimPrefix(s.local, "http://"))
	_, hers := cached(t, signedIn(t, front, "mia"), front+"/")
	status, his := cached(t, signedIn(t, front, "jonas"), front+"/")
	if status != "HIT" || len(hers) != 2 || !slices.Equal(his, hers) {
		t.Errorf("%s with the cookies %q, want HIT and %q: the cache is not what TestSharedCache needs", status, his, hers)
	}
}

// Behind a shared cache the chat is live, and nobody gets another's.
func TestChatBehindASharedCache(t *testing.T) {
	t.Parallel()
	s := startSiteApart(t, accountsChat, http.HandlerFunc(accounts))
	front := nginx.StartCache(t, strings.TrimPrefix(s.local, "http://"))
	begin(browser.New(t).Tab(), front+"/?in=mia")

	own := browser.New(t)
	jonas := people.Visit(own, front+"/")
	if cookies := own.Cookies(); len(cookies) != 0 {
		t.Errorf("who comes second has cookies: %v", cookies)
	}
	jonas.Say("Two.")
	jonas.Sees("TWO.")
	expectAlone(t, "who comes second", jonas.Transcript(), "One", "ONE")

	jonas.Go(front + "/?in=jonas")
	jonas.OpenChat()
	jonas.Sees("TWO.")
	expectAlone(t, "Jonas", jonas.Transcript(), "One", "ONE")

	phone := people.Visit(browser.New(t), front+"/?in=mia")
	phone.OpenChat()
	goesOn(phone, "Three.")
	expectAlone(t, "Mia", phone.Transcript(), "Two", "TWO")
}
