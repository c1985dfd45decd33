package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/server"
)

// noteLong keeps how long those tasks of a page took that kept it from answering for
// more than 50 ms.
const noteLong = `window.long = []
new PerformanceObserver(list => long.push(...list.getEntries().map(e => e.duration))).observe({ type: 'longtask', buffered: true })`

// atRest waits until a page has done what it does by itself.
const atRest = `new Promise(done => {
	const frames = n => n ? requestAnimationFrame(() => frames(n - 1)) : requestIdleCallback(() => setTimeout(done, 50))
	requestIdleCallback(() => frames(5))
}).then(() => {})`

// What a page costs a visitor who doesn't chat, on a device that is 4 times as slow as
// this machine: without a script, with one of the loader's size that does nothing, and
// with the loader. Each page is the first of its browser; they take turns.
func BenchmarkPage(b *testing.B) {
	const rounds = 21
	loader := 0
	paragraphs := strings.Repeat("<p>Mugs, lamps and boards, made by hand.</p>\n", 30)
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/empty.js" {
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Cache-Control", "max-age=600")
			_, _ = w.Write([]byte("/*" + strings.Repeat("a", max(0, loader-4)) + "*/"))
			return
		}
		head := "<title>Shop</title>"
		if r.URL.Path == "/empty" {
			head = `<script async src="/empty.js"></script>` + head
		}
		pages{r.URL.Path: page(head, "<h1>Shop</h1>"+paragraphs)}.ServeHTTP(w, r)
	})
	s, caddyfile, _ := planSite(b, "exclude /none /empty", app)
	server.StartProcess(b, b.TempDir(), caddyfile)
	tab := browser.New(b).Open(s.local + "/parley")
	loader = browser.Eval[int](tab, `performance.getEntriesByType('resource').find(r => r.name.includes('widget.js')).decodedBodySize`)

	kinds := []string{"none", "empty", "parley"}
	costs := []string{"ScriptDuration", "TaskDuration", "LayoutDuration", "RecalcStyleDuration"}
	seen := make(map[string][]float64)
	for b.Loop() {
		for range rounds {
			for _, kind := range kinds {
				tab := browser.New(b).Tab()
				tab.OnEveryPage(noteLong)
				tab.OnEveryPage(noteShifts)
				tab.SlowDown(4)
				tab.Costs()
				tab.Go(s.local + "/" + kind)
				if kind == "parley" {
					tab.Wait(`document.querySelector('parley-chat')`)
				}
				browser.Eval[any](tab, atRest)
				for _, cost := range costs {
					seen[cost+"-"+kind] = append(seen[cost+"-"+kind], 1000*tab.Cost(cost))
				}
				seen["long-"+kind] = append(seen["long-"+kind], browser.Eval[float64](tab, `long.length`))
				seen["shifts-"+kind] = append(seen["shifts-"+kind], browser.Eval[float64](tab, `shifts.length`))
				tab.Close()
			}
		}
	}
	for _, cost := range costs {
		for _, kind := range kinds {
			b.ReportMetric(median(seen[cost+"-"+kind]), "ms/"+cost+"-"+kind)
		}
	}
	for _, kind := range kinds {
		b.ReportMetric(slices.Max(seen["long-"+kind]), "most-long-tasks-"+kind)
		b.ReportMetric(slices.Max(seen["shifts-"+kind]), "most-shifts-"+kind)
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
