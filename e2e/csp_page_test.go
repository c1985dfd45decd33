package e2e_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// pagesWithPolicies serves a page under each policy, at /p/ and its number, and
// the files that these pages ask for, of which their policies bar some.
func pagesWithPolicies(t *testing.T, foreign string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/p/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n < 0 || n >= len(policies) {
			http.NotFound(w, r)
			return
		}
		p := policies[n]
		here := func(policy string) string {
			return strings.NewReplacer("{host}", r.Host, "{foreign}", foreign).Replace(policy)
		}
		var metas strings.Builder
		for _, policy := range p.meta {
			fmt.Fprintf(&metas, `<meta http-equiv="Content-Security-Policy" content="%s">`, html.EscapeString(here(policy)))
		}
		for _, policy := range p.header {
			w.Header().Add("Content-Security-Policy", here(policy))
		}
		for _, policy := range p.report {
			w.Header().Add("Content-Security-Policy-Report-Only", here(policy))
		}
		for name, value := range p.other {
			w.Header().Set(name, here(value))
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, policyPage, metas.String(), foreign)
	})
	mux.HandleFunc("/own.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, "ran.push('own script')")
	})
	mux.HandleFunc("/foreign.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		fmt.Fprint(w, "ran.push('foreign script')")
	})
	mux.HandleFunc("/data", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	})
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/report", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// policyPage tries what policies are there to bar.
const policyPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
%s
<title>A page with a policy</title>
<link rel="icon" href="data:,">
<script>ran.push('inline script')</script>
<script nonce="r4nd0mN0nce">ran.push('script with the nonce')</script>
<script nonce="another">ran.push('script with another nonce')</script>
<script src="/own.js"></script>
<script src="%s/foreign.js"></script>
<style>p { color: rgb(1, 2, 3) }</style>
</head>
<body onclick="ran.push('inline handler')">
<h1>A page with a policy</h1>
<p style="padding-top: 7px">Text</p>
</body>
</html>
`

// policyWatch runs before the page's own scripts. It notes what runs, tries
// what a script could do, and collects what the browser reports.
const policyWatch = `
window.ran = []
window.violations = []
document.addEventListener('securitypolicyviolation', e =>
	violations.push([e.disposition, e.effectiveDirective, e.blockedURI].join(' ')))
window.tried = new Promise(done => addEventListener('load', () => setTimeout(async () => {
	const attempt = async (what, how) => {
		try { if (await how() !== false) ran.push(what) } catch {}
	}
	document.body.click()
	const p = document.querySelector('p')
	await attempt('style element', () => getComputedStyle(p).color === 'rgb(1, 2, 3)')
	await attempt('style attribute', () => getComputedStyle(p).paddingTop === '7px')
	await attempt('eval', () => (0, eval)('1'))
	await attempt('markup from a string', () => { document.createElement('i').innerHTML = '<b></b>' })
	await attempt('fetch from the site', () => fetch('/data'))
	await attempt('fetch from elsewhere', () => fetch(foreign + '/data'))
	await attempt('socket elsewhere', () => { new WebSocket(foreign.replace('http', 'ws') + '/socket').close(); return false })
	await attempt('script made by a script', () => new Promise((yes, no) => {
		const script = document.createElement('script')
		script.onload = yes
		script.onerror = no
		script.src = foreign + '/foreign.js?made'
		document.head.append(script)
	}))
	done(true)
})))
`
