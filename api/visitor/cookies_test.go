package visitor

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCookies reads and strips cookies, whatever a header holds.
func FuzzCookies(f *testing.F) {
	for _, line := range []string{"", "parley-shop-session=abc", "a=b; parley-shop-session=abc; c=d", "__Host-parley-shop-session=x; parley-shop=p",
		"parley-shop-session=a; parley-shop-session=b", "parley-shop-session", "parley-shop-session=\"a b\"", ";;; =; parley-shop-session =x",
		"PARLEY-SHOP-SESSION=x", "xparley-shop-session=x; parley-shop-sessionx=y", "a=\x00; parley-shop-session=\x7f", "a=b; parley-wiki-session=c"} {
		f.Add(line, line, false)
		f.Add(line, "", true)
	}
	c := NewCookies("shop")
	f.Fuzz(func(t *testing.T, one, two string, secure bool) {
		r := &http.Request{Header: http.Header{"Cookie": {one, two}}}
		token := c.Token(r, secure)
		if token != "" && !strings.Contains(one+"\n"+two, token) {
			t.Fatalf("a token %q out of %q and %q", token, one, two)
		}
		if token != "" && !c.Present(r.Header) {
			t.Fatalf("%q and %q hold a token and look as if not", one, two)
		}
		others := func(r *http.Request) (list []string) {
			for _, k := range r.Cookies() {
				if !isSession(k.Name) {
					list = append(list, k.Name+"="+k.Value)
				}
			}
			return list
		}
		before := others(r)
		c.Strip(r.Header)
		for _, secure := range []bool{false, true} {
			if left := r.CookiesNamed(c.session(secure)); len(left) > 0 {
				t.Fatalf("%q and %q leave %v", one, two, left)
			}
		}
		if after := others(r); strings.Join(after, ";") != strings.Join(before, ";") {
			t.Fatalf("of %q and %q the app's cookies %q become %q", one, two, before, after)
		}
	})
}

// FuzzPage is the address that a browser says it looks at, which agents see as
// a link.
func FuzzPage(f *testing.F) {
	for _, u := range []string{"https://shop.example/a?b=c#d", "http://u:p@shop.example/", "javascript:alert(1)", "//x", "", "https://", "https://x/" + strings.Repeat("a", 3000),
		"https://x/?" + strings.Repeat("a", 3000), "https://\x00", "https://x/\xff", "HTTPS://X/%zz"} {
		f.Add(u, "A title")
		f.Add(u, strings.Repeat("é\xff", 200))
	}
	f.Fuzz(func(t *testing.T, address, title string) {
		p := Page{address, title}.clean()
		if p.URL == "" {
			return
		}
		u, err := url.Parse(p.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q becomes %q: %v", address, p.URL, err)
		}
		if len(p.URL) > maxURL || len(p.Title) > maxTitle || !utf8.ValidString(p.Title) {
			t.Fatalf("%q and %q become %d and %d bytes", address, title, len(p.URL), len(p.Title))
		}
		if _, err := json.Marshal(p); err != nil {
			t.Fatal(err)
		}
	})
}
