package whoami_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/internal/caddytest"
)

// deaf is a handler of the site that does not notice that nobody waits any more.
type deaf struct{}

var (
	deafAsked atomic.Int64
	deafHold  chan struct{} // answers wait until it is closed
)

func (deaf) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.deaf", New: func() caddy.Module { return new(deaf) }}
}

func (deaf) ServeHTTP(w http.ResponseWriter, _ *http.Request, _ caddyhttp.Handler) error {
	deafAsked.Add(1)
	<-deafHold
	_, err := fmt.Fprint(w, `{"query":{"user":{"id":7}}}`)
	return err
}

func init() {
	caddy.RegisterModule(deaf{})
	httpcaddyfile.RegisterHandlerDirective("deaf", func(httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) { return deaf{}, nil })
}

// A handler that goes on after its time keeps its place among the questions under
// way, so that there are never too many, but nobody waiting.
func TestNobodyWaitsForADeafHandler(t *testing.T) {
	t.Cleanup(whoami.SetTimes(always, 5*time.Millisecond, 100*time.Millisecond))
	w := caddytest.Prepare(t, newMute().ServeHTTP)
	deafHold = make(chan struct{})
	deafAsked.Store(0)
	w.Load(strings.Replace(w.Caddyfile("", probeIdentity), "chat_console {", "handle /api/me {\n	route {\n		deaf\n	}\n	}\n	chat_console {", 1))
	release := sync.OnceFunc(func() { close(deafHold) })
	defer release()
	const places = 64
	asking := func() *caddytest.Browser {
		b := w.Browser()
		b.Cookie("sid", fmt.Sprint(deafAsked.Load()))
		return b
	}
	caddytest.Eventually(t, "all places are taken", func() bool {
		var all sync.WaitGroup
		for range 8 {
			b := asking()
			all.Go(func() {
				if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
					t.Errorf("without an answer: %+v", f)
				}
			})
		}
		all.Wait()
		return w.Logged("warn", "too many questions are under way") > 0 || deafAsked.Load() >= places
	})
	b := asking()
	for range 4 {
		b.Call("hello", "hello", caddytest.Obj{})
		asking().Call("hello", "hello", caddytest.Obj{})
	}
	if n := deafAsked.Load(); n != places {
		t.Errorf("%d questions are under way, want %d at most", n, places)
	}
	release()
	caddytest.Eventually(t, "there is an answer", func() bool { return b.Call("hello", "hello", caddytest.Obj{}).Who == "person" })
}
