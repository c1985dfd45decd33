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
		"X-Litespeed-Cache-Control: no-cache":       true,
		"X-Litespeed-Cache-Control: private":        false,
		"Tomorrow-Cache-Control: anything":          true,
		"Surrogate-Control: max-age=60":             true,
		"Surrogate-Control: content=\"ESI/1.0\"":    true,
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
