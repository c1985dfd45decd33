package browser

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// problems collects what a developer would find in red in the console of a tab.
type problems struct {
	mu      sync.Mutex
	found   []string
	allowed []string
}

func (p *problems) listen(event any) {
	switch event := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError || event.Type == runtime.ConsoleAPICalledTypeAssert {
			var parts []string
			for _, arg := range event.Args {
				if arg.Description != "" {
					parts = append(parts, arg.Description)
				} else {
					parts = append(parts, string(arg.Value))
				}
			}
			p.add("console: " + strings.Join(parts, " "))
		}
	case *runtime.EventExceptionThrown:
		text := event.ExceptionDetails.Text
		if e := event.ExceptionDetails.Exception; e != nil {
			text += " " + e.Description
		}
		p.add("uncaught: " + text)
	case *log.EventEntryAdded:
		// The log is also where violations of a Content-Security-Policy and
		// failed requests go.
		if event.Entry.Level == log.EntryLevelError && !isFavicon(event.Entry.URL) {
			p.add(fmt.Sprintf("%s: %s %s", event.Entry.Source, event.Entry.Text, event.Entry.URL))
		}
	}
}

func (p *problems) add(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found = append(p.found, text)
}

// unexpected returns the problems that nobody allowed.
func (p *problems) unexpected() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var rest []string
next:
	for _, text := range p.found {
		for _, allowed := range p.allowed {
			if strings.Contains(text, allowed) {
				continue next
			}
		}
		rest = append(rest, text)
	}
	return rest
}

func (p *problems) report(t testing.TB) {
	t.Helper()
	for _, text := range p.unexpected() {
		t.Errorf("the browser complained: %s", text)
	}
}

// Problems returns what errors, exceptions and violations of the page's policy
// the tab has shown in its console so far.
func (tab *Tab) Problems() []string { return tab.problems.unexpected() }

// AllowProblem lets problems that contain a text pass: those of the application,
// or those that the test brings about.
func (tab *Tab) AllowProblem(containing string) {
	tab.problems.mu.Lock()
	defer tab.problems.mu.Unlock()
	tab.problems.allowed = append(tab.problems.allowed, containing)
}

// isFavicon tells the one address that a browser tries unasked.
func isFavicon(url string) bool { return strings.HasSuffix(url, "/favicon.ico") }

// Request is something that a page asked the network for.
type Request struct {
	Method string
	URL    string
	Type   string // Document, Script, Fetch, WebSocket … as DevTools says
}

type requests struct {
	mu       sync.Mutex
	sent     []Request
	document map[cdp.FrameID]network.RequestID // the latest of each frame
}

func (r *requests) listen(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		if isFavicon(event.Request.URL) {
			return
		}
		if event.Type == network.ResourceTypeDocument {
			r.document[event.FrameID] = event.RequestID
		}
		r.sent = append(r.sent, Request{event.Request.Method, event.Request.URL, string(event.Type)})
	case *network.EventWebSocketCreated:
		r.sent = append(r.sent, Request{"GET", event.URL, string(network.ResourceTypeWebSocket)})
	}
}

// Requests returns what the tab has asked for so far, those from the browser's
// cache included, and the icon that browsers look for on their own excepted. A
// redirect counts as a request more.
func (tab *Tab) Requests() []Request {
	tab.requests.mu.Lock()
	defer tab.requests.mu.Unlock()
	return append([]Request(nil), tab.requests.sent...)
}
