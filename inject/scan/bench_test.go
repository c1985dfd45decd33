package scan

import (
	"strings"
	"testing"
)

// scanPages are documents whose first 64 KB show no place, or show it late: what
// real pages have before theirs, made long.
func scanPages() map[string]string {
	const prose = "Some text of a page, with a word or two that say a little of what it is about. "
	const code = "window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}if(a<b&&c>d){x=\"</div>\"}\n"
	const css = ".grid>.cell:first-child{display:flex;margin:0 auto;background:url(data:image/png;base64,iVBORw0KGgo=)}\n"
	fill := func(start, unit string) string {
		return start + strings.Repeat(unit, (Limit-len(start))/len(unit))
	}
	const template = "<!doctype html><head><template><meta charset=utf-8>"
	return map[string]string{
		"text/comment":              fill("<!doctype html><!--", prose),
		"text/title":                fill("<!doctype html><title>", prose),
		"text/white space":          fill("<!doctype html>", "\n\t\t    \t\t    \t\t    "),
		"text/one long attribute":   fill(`<!doctype html><html data-state="`, prose),
		"text/JSON in an attribute": fill(`<!doctype html><html data-state='`, `{"id":17,"name":"Boots","price":"49.90","tags":["new","red"]},`),
		"text/long metas":           fill("<!doctype html>", `<meta property="og:description" content="`+strings.Repeat(prose, 12)+`">`+"\n"),
		"text/template":             fill(template, strings.Repeat(prose, 4)+"<p>"),
		"raw/script":                fill(template+"<script>", code),
		"raw/escaped script":        fill(template+"<script><!--\n", code),
		"raw/JSON":                  fill(template+`<script type="application/json">`, `{"id":17,"name":"Boots \u003cb\u003e","price":"49.90","tags":["new","red"]},`),
		"raw/style":                 fill(template+"<style>", css),
		"raw/noscript":              fill(template+"<noscript>", `<img src="https://example.com/p?id=1" width="1" height="1" alt="">`),
		"tags/metas":                fill("<!doctype html>", `<meta name="description" content="some text that describes">`+"\n"),
		"tags/comments":             fill("<!doctype html>", "<!-- "+prose+" -->\n"),
		"tags/in a template":        fill(template, `<div class="cell" id="a1"><span>text</span></div>`+"\n"),
	}
}

// BenchmarkScanPages reads each to its end, or to where the scan gives up.
func BenchmarkScanPages(b *testing.B) {
	for name, page := range scanPages() {
		b.Run(name, func(b *testing.B) {
			doc := []byte(page)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			var s Scanner
			for b.Loop() {
				s.Reset(false, 100, nil)
				if s.Scan(doc, false) != More {
					b.Fatal("the scan ended early")
				}
			}
		})
	}
}

// BenchmarkScan reads documents that have no place in their first 64 KB.
func BenchmarkScan(b *testing.B) {
	for name, body := range map[string]string{
		"comment": "<!doctype html><!--" + strings.Repeat("some text ", Limit/10),
		"title":   "<!doctype html><title>" + strings.Repeat("some text ", Limit/10),
		"metas":   "<!doctype html>" + strings.Repeat(`<meta name="description" content="some text that describes">`+"\n", Limit/60),
		"page": `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Boots and shoes</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/a.css"></head><body>`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(min(len(body), Limit)))
			b.ReportAllocs()
			doc := []byte(body)
			var s Scanner
			for b.Loop() {
				s.Reset(true, 100, nil)
				s.Scan(doc, false)
			}
		})
	}
}
