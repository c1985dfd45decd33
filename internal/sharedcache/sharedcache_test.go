package sharedcache_test

import (
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/sharedcache"
)

func TestMayHave(t *testing.T) {
	for line, want := range map[string]bool{
		"Age: 0":                                    true,
		"Cache-Control: public":                     true,
		"Cache-Control: max-age=60, S-MaxAge=9":     true,
		"Cache-Control: max-age=60":                 false,
		"Cache-Control: private":                    false,
		"Cdn-Cache-Control: max-age=60":             true,
		"Cdn-Cache-Control: no-store":               false,
		"Cdn-Cache-Control: private, max-age=60":    false,
		"Cloudflare-Cdn-Cache-Control: max-age=60":  true,
		"Netlify-Cdn-Cache-Control: max-age=60":     true,
		"Vercel-Cdn-Cache-Control: max-age=60":      true,
		"Akamai-Cache-Control: max-age=60":          true,
		"X-Litespeed-Cache-Control: public":         true,
		"X-Litespeed-Cache-Control: no-cache":       false,
		"X-Litespeed-Cache-Control: private":        false,
		"Tomorrow-Cache-Control: anything":          true,
		"Surrogate-Control: max-age=60":             true,
		"Surrogate-Control: content=\"ESI/1.0\"":    false,
		"Surrogate-Control: no-store":               false,
		"Edge-Control: !no-store, cache-maxage=1h":  true,
		"X-Accel-Expires: 60":                       true,
		"X-Accel-Expires: @1893456000":              true,
		"X-Accel-Expires: 0":                        false,
		"Expires: Thu, 01 Dec 2033 16:00:00 GMT":    false,
		"Cache-Control-Allow: as good as any other": false,
	} {
		if got := sharedcache.MayHave(header(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

// Fields for shared caches alone forbid to keep an answer, say nothing, or else,
// whatever they say, count as leave to keep it.
func TestFieldsForSharedCachesAlone(t *testing.T) {
	for value, want := range map[string]bool{
		"":                                 false,
		" , ":                              false,
		`content="ESI/1.0"`:                false,
		`Content = "ESI/1.0 ESI-INV/1.0"`:  false,
		`content="ESI/1.0", max-age=9`:     true,
		`content="a, max-age=9"`:           true, // more than the parser knows
		"content":                          true,
		"no-store":                         false,
		"No-Store, max-age=60":             false,
		"no-cache":                         false,
		"no-cache, max-age=60":             false,
		`no-cache="X-Foo", max-age=60`:     true,
		"private":                          false,
		"PRIVATE , max-age=60":             false,
		`private="X-Foo", max-age=60`:      true,
		`private="X-Foo"`:                  true,
		"max-age=0":                        false,
		"s-maxage=0":                       false,
		"max-age=0, s-maxage=00":           false,
		`max-age="0"`:                      false,
		"max-age = 0, must-revalidate":     false,
		"max-age=0, stale-if-error=60":     true,
		"max-age=0, s-maxage=9":            true,
		"max-age=0, max-age=9":             true,
		"max-age=0+60":                     true, // Surrogate-Control: stale for a minute
		"max-age=":                         true,
		"max-age":                          true,
		"max-age=60":                       true,
		"s-maxage=60":                      true,
		"must-revalidate":                  true,
		"public":                           true,
		"public, max-age=0":                false,
		"anything":                         true,
		"anything, max-age=0":              true,
		"!no-store, cache-maxage=1h":       true,
		"on":                               true,
		"max-age=60, anything, no-store":   false,
		"private=, max-age=60":             true,
		"no-store-ish, max-age=60":         true,
		"content=\"ESI/1.0\", max-age=0":   false,
		"content=\"ESI/1.0\", no-store":    false,
		"content=\"ESI/1.0\", stale-while": true,
	} {
		for _, field := range []string{"Cdn-Cache-Control", "Fastly-Cache-Control", "X-Litespeed-Cache-Control", "Surrogate-Control", "Edge-Control"} {
			if got := sharedcache.MayHave(http.Header{field: {value}}); got != want {
				t.Errorf("%s: %s: %v", field, value, got)
			}
		}
	}
	for value, want := range map[string]bool{"": false, "0": false, " 0 ": false, "off": false, "OFF": false, "60": true, "@0": true, "@1893456000": true, "epoch": true, "-1": true} {
		if got := sharedcache.MayHave(http.Header{"X-Accel-Expires": {value}}); got != want {
			t.Errorf("X-Accel-Expires: %s: %v", value, got)
		}
	}
	for _, lines := range [][]string{{"0", "60"}, {"60", "0"}} {
		if !sharedcache.MayHave(http.Header{"X-Accel-Expires": lines}) {
			t.Errorf("X-Accel-Expires: %q: false", lines)
		}
	}
	if !sharedcache.MayHave(http.Header{"Surrogate-Control": {"max-age=0", "max-age=60"}}) {
		t.Error("the second line does not count")
	}
}

func TestForbid(t *testing.T) {
	for line, want := range map[string]string{
		"Accept: none of it":                            "private",
		"Cache-Control: max-age=60":                     "max-age=60, private",
		"Cache-Control: public, s-maxage=9, must-check": "must-check, private",
		"Cache-Control: no-store, max-age=0":            "no-store, max-age=0",
	} {
		h := header(line)
		fields := []string{"Surrogate-Control", "Edge-Control", "X-Accel-Expires", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control",
			"Netlify-CDN-Cache-Control", "Vercel-CDN-Cache-Control", "Akamai-Cache-Control", "X-LiteSpeed-Cache-Control"}
		for _, field := range fields {
			h.Set(field, "max-age=60")
		}
		sharedcache.Forbid(h)
		if got := h.Get("Cache-Control"); got != want {
			t.Errorf("%s becomes %s", line, got)
		}
		for _, field := range fields {
			if got := h.Get(field); got != "" {
				t.Errorf("%s: %s: %s stays", line, field, got)
			}
		}
	}
}

func header(line string) http.Header {
	h := http.Header{}
	for i := range line {
		if line[i] == ':' {
			h.Set(line[:i], line[i+2:])
			break
		}
	}
	return h
}
