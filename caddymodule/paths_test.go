package caddymodule

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// Patterns mean what they mean to Caddy's own matcher.
func TestPathsMatchAsCaddysMatcherDoes(t *testing.T) {
	patterns := []string{"/logout", "/account/signout*", "*.php", "/a/*/b", "*out*", "/A//b", "/%2Fx", "/", "*", "/docs/*", "/x?y", "/[a-z]", "/{x}", "/ä*", "/*"}
	requests := []string{"/logout", "/Logout", "//logout", "/logout/", "/logout//", "/./logout", "/x/../logout", "/account/signout",
		"/account/signout/now", "/account//SignOut", "/index.PHP", "/a/c/b", "/a//b", "/", "/docs", "/docs/", "/docs/a", "/ä/Ö", "/Ä",
		`/a\b`, "/x%y", "/x?y", "/.hidden", "/a.", "/a/.", "/a/..", "/../logout", "/q"}
	for _, pattern := range patterns {
		theirs := caddyhttp.MatchPath{pattern}
		if err := theirs.Provision(caddy.Context{}); err != nil {
			t.Fatal(err)
		}
		ours := newPaths([]string{pattern})
		for _, path := range requests {
			r := (&http.Request{URL: &url.URL{Path: path}}).WithContext(
				context.WithValue(context.Background(), caddy.ReplacerCtxKey, caddy.NewEmptyReplacer()))
			want, err := theirs.MatchWithError(r)
			if err != nil {
				t.Fatal(err)
			}
			if got := ours.match(r); got != want {
				t.Errorf("pattern %q, path %q: %v, want %v", pattern, path, got, want)
			}
		}
	}
}

// BenchmarkPaths is a request that matches no pattern, here and by Caddy's own
// matcher.
func BenchmarkPaths(b *testing.B) {
	patterns := []string{"/logout", "/account/signout*"}
	theirs := caddyhttp.MatchPath{"/logout", "/account/signout*"}
	if err := theirs.Provision(caddy.Context{}); err != nil {
		b.Fatal(err)
	}
	r := (&http.Request{URL: &url.URL{Path: "/products/shoes/42"}}).WithContext(
		context.WithValue(context.Background(), caddy.ReplacerCtxKey, caddy.NewEmptyReplacer()))
	b.Run("ours", func(b *testing.B) {
		ours := newPaths(patterns)
		for b.Loop() {
			ours.match(r)
		}
	})
	b.Run("caddy", func(b *testing.B) {
		for b.Loop() {
			_, _ = theirs.MatchWithError(r)
		}
	})
}
