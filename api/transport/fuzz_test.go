package transport

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzOrigin decides which pages may talk to the chat.
func FuzzOrigin(f *testing.F) {
	for _, origin := range []string{"", "null", "https://shop.example", "https://shop.example:443", "http://shop.example:80", "https://SHOP.example",
		"https://shop.example.evil.example", "https://evil.example/shop.example", "https://shop.example@evil.example", "https://shop.example#@evil.example",
		"https:shop.example", "//shop.example", "https://[::1]:443", "https://shop.example\\evil", "ftp://shop.example", "https://shop.example "} {
		f.Add(origin, "shop.example", "", true)
		f.Add(origin, "shop.example:443", "same-origin", false)
	}
	f.Fuzz(func(t *testing.T, origin, host, site string, secure bool) {
		r := &http.Request{Host: host, Header: http.Header{"Sec-Fetch-Site": {site}}}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if !sameOrigin(r, secure) {
			return
		}
		if origin == "" {
			if site != "same-origin" {
				t.Fatalf("a request that says nothing of itself is believed: %q", site)
			}
			return
		}
		u, err := url.Parse(origin)
		if err != nil || secure && u.Scheme != "https" {
			t.Fatalf("%q is believed over TLS %v", origin, secure)
		}
		name := func(hostport string) string {
			return strings.ToLower((&url.URL{Host: hostport}).Hostname())
		}
		if name(u.Host) != name(host) {
			t.Fatalf("%q passes for the origin of %q", origin, host)
		}
	})
}

// FuzzAsset asks for a script with any query and header.
func FuzzAsset(f *testing.F) {
	body := []byte(strings.Repeat("// a script\n", 100))
	a := NewAsset("text/javascript", body)
	for _, query := range []string{"v=" + a.Hash(), "v=", "v=x&v=" + a.Hash(), "%zz", ";", "v=%00"} {
		f.Add(query, "gzip, br;q=0", `W/"`+a.Hash()+`"`)
		f.Add(query, "gzip;q=0, *", "*")
	}
	f.Fuzz(func(t *testing.T, query, encoding, match string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: query}, Header: http.Header{}}
		r.Header.Set("Accept-Encoding", encoding)
		r.Header.Set("If-None-Match", match)
		rec := httptest.NewRecorder()
		a.ServeHTTP(rec, r)
		h := rec.Header()
		forever := strings.Contains(h.Get("Cache-Control"), "immutable")
		if forever && r.URL.Query().Get("v") != a.Hash() {
			t.Fatalf("%q is kept for ever", query)
		}
		switch rec.Code {
		case http.StatusNotModified:
			if !strings.Contains(match, a.Hash()) {
				t.Fatalf("%q is not modified", match)
			}
		case http.StatusOK:
			plain := h.Get("Content-Encoding") == ""
			if plain != bytes.Equal(rec.Body.Bytes(), body) {
				t.Fatal("coded as it was not said to be")
			}
		default:
			t.Fatalf("status %d", rec.Code)
		}
	})
}
