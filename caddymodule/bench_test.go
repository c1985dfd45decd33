package caddymodule

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	"github.com/parley-chat/parley/inject"
)

// nullWriter takes a response and keeps nothing of it.
type nullWriter struct{ header http.Header }

func (w *nullWriter) Header() http.Header                     { return w.header }
func (w *nullWriter) WriteHeader(int)                         {}
func (w *nullWriter) Write(p []byte) (int, error)             { return len(p), nil }
func (w *nullWriter) ReadFrom(r io.Reader) (n int64, e error) { return io.Copy(io.Discard, r) }

// handlerForBenchmark is a handler with identity, logout and a store, as it
// stands in a Caddy that runs.
func handlerForBenchmark(b *testing.B) *Handler {
	b.Helper()
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt(fmt.Appendf(nil, `{
	admin off
	persist_config off
	log {
		output discard
	}
	chat {
		storage badger {
			path %s/store
		}
	}
}
http://127.0.0.1:0 {
	chat {
		site shop
		identity {
			id X-User-Id
			email X-User-Email
			firstname X-User-Firstname
			labels X-User-Labels
			field plan X-User-Plan
		}
		logout /logout /account/signout*
	}
}`, b.TempDir()), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		b.Fatal(err)
	}
	if err := caddy.Load(config, true); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = caddy.Stop() })
	app, err := caddy.ActiveContext().App("chat")
	if err != nil {
		b.Fatal(err)
	}
	return app.(*App).chats[0]
}

// BenchmarkHandler is the whole handler against the bare application behind
// it, from the request's arrival to the last byte.
func BenchmarkHandler(b *testing.B) {
	h := handlerForBenchmark(b)
	for _, c := range []struct {
		name, accept, contentType, csp string
		size                           int
	}{
		{"html 5 KB", "text/html,*/*;q=0.8", "text/html; charset=utf-8", "", 5 << 10},
		{"html 1 MB", "text/html,*/*;q=0.8", "text/html; charset=utf-8", "", 1 << 20},
		{"html 5 KB with policy", "text/html,*/*;q=0.8", "text/html; charset=utf-8", "default-src 'self'; object-src 'none'", 5 << 10},
		{"html 5 KB with edited policy", "text/html,*/*;q=0.8", "text/html; charset=utf-8", "default-src 'self'; script-src https://cdn.example; object-src 'none'", 5 << 10},
		{"json 1 KB", "application/json", "application/json", "", 1 << 10},
	} {
		body := []byte("<!doctype html><html><head><meta charset=utf-8><title>Page</title></head><body>" + strings.Repeat("x", c.size))
		site := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
			header := w.Header()
			header["Content-Type"] = []string{c.contentType}
			header["Etag"] = []string{`"5f3a-61c2"`}
			header["Content-Length"] = []string{fmt.Sprint(len(body))}
			if c.csp != "" {
				header["Content-Security-Policy"] = []string{c.csp}
			}
			w.WriteHeader(http.StatusOK)
			for rest := body; len(rest) > 0; {
				n := min(len(rest), 32<<10)
				if _, err := w.Write(rest[:n]); err != nil {
					return err
				}
				rest = rest[n:]
			}
			return nil
		})
		r := httptest.NewRequest(http.MethodGet, "http://shop.example/page", nil)
		r.Header = http.Header{"Accept": {c.accept}, "Accept-Encoding": {"gzip, br"}, "User-Agent": {"Mozilla/5.0"},
			"Accept-Language": {"en"}, "Cookie": {"theme=dark; cart=1"}}
		if c.accept == "application/json" {
			r.Header["Sec-Fetch-Dest"] = []string{"empty"}
		}
		r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), nil, nil)
		r = r.WithContext(context.WithValue(r.Context(), caddyhttp.OriginalRequestCtxKey, *r))
		for _, run := range []struct {
			name string
			do   func(w http.ResponseWriter) error
		}{
			{"bare", func(w http.ResponseWriter) error { return site(w, r) }},
			{"chat", func(w http.ResponseWriter) error { return h.ServeHTTP(w, r, site) }},
		} {
			b.Run(c.name+"/"+run.name, func(b *testing.B) {
				b.ReportAllocs()
				encodings := []string{"gzip, br"}
				w := &nullWriter{header: http.Header{}}
				for b.Loop() {
					clear(w.header)
					// The handler has edited the request.
					delete(r.Header, inject.MarkHeader)
					r.Header["Accept-Encoding"] = encodings
					if err := run.do(w); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
