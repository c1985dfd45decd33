package histories_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/caddytest"
)

const (
	// sequences is how many random histories are gone through: some ten seconds on
	// two cores. PARLEY_SEQUENCES sets another number, such as 2000.
	sequences = 100
	// historians go through histories at the same time, on one server: while
	// one waits for the disk, another has the processor.
	historians = 4
)

// arena is the server that all histories share, and its application.
type arena struct {
	w     *caddytest.World
	pages sync.Map // by what their address says: those that are slow

	// Steps are made under a read lock; the server is stopped under the other.
	mu       sync.RWMutex
	restarts int
	slow     atomic.Int64 // pages that are not answered yet

	histories, steps atomic.Int64
}

// slowPage is a page that the application has not answered yet, and what its
// request said.
type slowPage struct {
	arrived, release, done chan struct{}

	user, token    string
	asked, logouts int
}

// app is the shop, with pages that wait to be released.
func (a *arena) app(w http.ResponseWriter, r *http.Request) {
	if p, slow := a.pages.LoadAndDelete(r.URL.RequestURI()); slow {
		close(p.(*slowPage).arrived)
		<-p.(*slowPage).release
	}
	caddytest.Shop(w, r)
}

// modelLimits: three computers of each history ask more than their like would.
const modelLimits = "limits off"

func TestWhoMayReadWhat(t *testing.T) {
	n := sequences
	if text := os.Getenv("PARLEY_SEQUENCES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			t.Fatalf("PARLEY_SEQUENCES is %q: it is how many histories to go through", text)
		}
	}
	each := strconv.Itoa((n + historians - 1) / historians)
	for name, value := range map[string]string{"rapid.checks": each, "rapid.steps": "15", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	a := new(arena)
	a.w = caddytest.Prepare(t, a.app)
	a.w.Load(a.w.Caddyfile(modelLimits, caddytest.ShopIdentity))
	a.w.Ready()
	var all sync.WaitGroup
	for i := range historians {
		all.Go(func() {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				w := *a.w
				w.T = t
				idle := &http.Transport{}
				defer idle.CloseIdleConnections()
				rapid.Check(t, func(rt *rapid.T) { a.history(&w, idle, rt) })
			})
		})
	}
	all.Wait()
	t.Logf("%d histories, %d steps", a.histories.Load(), a.steps.Load())
}

// history goes through one.
func (a *arena) history(w *caddytest.World, transport *http.Transport, t *rapid.T) {
	m := &model{arena: a, w: w, t: t, transport: transport, run: int(a.histories.Add(1)), restarts: -1,
		people: map[string][]said{}, marks: map[string]*modelMark{}, tokens: map[string]*modelSession{}}
	defer m.close()
	for range 3 {
		m.computers = append(m.computers, &computer{Browser: m.fresh(), tabs: []*tab{{}}})
	}
	t.Repeat(map[string]func(*rapid.T){
		"":         m.step(m.check),
		"visit":    m.step(func() { m.visit(m.any(), "/") }),
		"login":    m.step(func() { m.login(m.any()) }),
		"login2":   m.step(func() { m.login(m.any()) }),
		"logout":   m.step(func() { m.logout(m.any()) }),
		"reset":    m.step(func() { m.reset(m.any()) }),
		"expire":   m.step(func() { m.appExpires(m.any()) }),
		"write":    m.step(func() { m.write(m.any()) }),
		"write2":   m.step(func() { m.write(m.any()) }),
		"show":     m.step(func() { m.show(m.any()) }),
		"openTab":  m.step(func() { m.openTab(m.any()) }),
		"connect":  m.step(func() { m.connect(m.any()) }),
		"connect2": m.step(func() { m.connect(m.any()) }),
		"closeTab": m.step(func() { m.closeTab(m.any()) }),
		"restart":  m.step(func() { m.restart(m.any()) }),
		"lose":     m.step(func() { m.lose(m.any()) }),
		"slow":     m.step(func() { m.slow(m.any()) }),
		"release":  m.step(func() { m.release(m.any()) }),
		"replay":   m.step(m.replay),
		"forge":    m.step(func() { m.forge(m.any()) }),
		"server":   m.server,
	})
	m.step(m.checkAll)(t)
}

// step is a step that no restart of the server comes into.
func (m *model) step(f func()) func(*rapid.T) {
	return func(*rapid.T) {
		m.arena.mu.RLock()
		defer m.arena.mu.RUnlock()
		m.clock++
		m.arena.steps.Add(1)
		m.noticeRestart()
		f()
	}
}

// server reloads the configuration, or stops the server and starts it again,
// where no other history waits for a page.
func (m *model) server(*rapid.T) {
	what := rapid.IntRange(0, 20).Draw(m.t, "what")
	if what > 2 {
		return // rarely: it takes as long as a hundred other steps
	}
	m.arena.mu.Lock()
	defer m.arena.mu.Unlock()
	m.releaseAll()
	if m.arena.slow.Load() > 0 {
		return
	}
	if what == 0 {
		m.arena.restarts++
		if err := caddy.Stop(); err != nil {
			m.t.Fatal(err)
		}
	}
	m.w.Load(m.w.Caddyfile(modelLimits, caddytest.ShopIdentity))
	m.w.Ready()
}

// noticeRestart finds the sockets closed that a restart has closed.
func (m *model) noticeRestart() {
	if m.restarts == m.arena.restarts {
		return
	}
	m.restarts = m.arena.restarts
	for _, c := range m.computers {
		for _, t := range c.tabs {
			if t.line == nil {
				continue
			}
			// It may have been ended first.
			if code := t.line.end(m); code != 1012 && !t.line.session.over() {
				m.t.Fatalf("a socket of a server that stops closes with %d", code)
			}
			t.line = nil
		}
	}
}

// close leaves nothing behind that waits.
func (m *model) close() {
	for _, c := range m.computers {
		for len(c.slow) > 0 {
			m.answer(c)
		}
		for _, t := range c.tabs {
			t.hangUp()
		}
	}
}

// fresh is a browser that has never been here. Each says that it is another
// program: of two that look the same, behind one address, the logout of the one
// may end what the other got in that moment.
func (m *model) fresh() *caddytest.Browser {
	b := m.w.Browser()
	b.Client.Transport = m.transport
	m.count++
	b.Agent = fmt.Sprintf("browser %d of %d", m.count, m.run)
	return b
}

func (m *model) any() *computer {
	return m.computers[rapid.IntRange(0, len(m.computers)-1).Draw(m.t, "computer")]
}

func (m *model) tab(c *computer) *tab {
	return c.tabs[rapid.IntRange(0, len(c.tabs)-1).Draw(m.t, "tab")]
}

// person is one of two people of this history.
func (m *model) person() string {
	return fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"anna", "bert"}).Draw(m.t, "person"), m.run)
}
