package gateway

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/caddymodule/internal/identity"
)

// Placeholders that reverse_proxy sets: the address before it asks; the status
// and the header, below a prefix of which it first takes all away, when there is
// an answer; how long it all took once the answer has been written as the
// response, which a gateway's is not that lets a request through.
const (
	askedAddress   = "http.reverse_proxy.upstream.address"
	answeredStatus = "http.reverse_proxy.status_code"
	answeredHeader = "http.reverse_proxy.header."
	writtenAfter   = "http.reverse_proxy.upstream.duration"
)

// Answer is what a gateway has answered.
type Answer struct {
	gateway *gateway
	status  int
	header  map[string]string // the fields that matter, of those that it has
}

// passed reports whether the gateway let the request through.
func (a *Answer) passed() bool { return a.status >= 200 && a.status < 300 }

// final reports whether the gateway has decided: after a failure, or an answer
// that asks to wait, the proxy may have asked it again.
func (a *Answer) final() bool {
	return a.status < http.StatusInternalServerError && a.status != http.StatusTooManyRequests
}

// Values reads a source. No answer has no values.
func (a *Answer) Values(s identity.Source) []string {
	if a == nil {
		return nil
	}
	if v := a.header[a.gateway.from(s)]; v != "" {
		return []string{v}
	}
	return nil
}

// Answers is the context of a request on its way through the handlers behind,
// and takes note of what gateways answer. There is no call for that, but all
// that runs after a gateway's answer, each proxy among them, takes the
// request's Replacer out of the context before another proxy's answer takes the
// place of the gateway's.
type Answers struct {
	context.Context
	gateways Gateways
	repl     *caddy.Replacer
	// seen is a placeholder below answeredHeader that keeps its value until a
	// further answer comes.
	seen string

	mu      sync.Mutex // transports may dial, and ask for the Replacer, in goroutines
	over    bool       // the response has begun
	values  []string   // as they are being read
	current *Answer    // the answer that stands in the placeholders, if it may count
	Said    []*Answer  // by each gateway, the first that is final
	written any        // how long the last answer took that was written
	Late    bool       // another proxy has answered before there was a look
	Refused bool       // the response is the refusal of a gateway
}

// lastAnswers makes each request's placeholder one of its own, since requests
// may pass more than one handler of ours.
var lastAnswers atomic.Uint64

// NewAnswers begins with the answer of a gateway that was asked before. After
// an error there may have been a proxy in between that got none, so then nothing
// counts that was before.
func NewAnswers(ctx context.Context, gs Gateways, failed bool) *Answers {
	repl, ok := ctx.Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return nil
	}
	a := &Answers{Context: ctx, gateways: gs, repl: repl,
		seen: answeredHeader + ":" + strconv.FormatUint(lastAnswers.Add(1), 36)}
	if failed {
		repl.Set(a.seen, true)
		return a
	}
	a.look()
	_, answered := a.status()
	a.Late = answered && a.current == nil
	return a
}

// Value implements context.Context.
func (a *Answers) Value(key any) any {
	if key == any(caddy.ReplacerCtxKey) {
		a.look()
	}
	return a.Context.Value(key)
}

// look takes note of an answer that has come since the last look, and reads
// again what it may have seen while it was being set.
func (a *Answers) look() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return
	}
	if a.newer() {
		a.current = a.begin()
	}
	a.read()
}

// newer reports whether there was another answer since the last look. From now
// on it is the one that was seen: should one come meanwhile, it is newer again.
func (a *Answers) newer() bool {
	if _, same := a.repl.Get(a.seen); same {
		return false
	}
	a.repl.Set(a.seen, true)
	return true
}

// begin returns where to read an answer, or nil if it doesn't count: what a
// gateway says later in the same exchange, or what becomes the response, is no
// answer to who is signed in, but a page, say, where the application is its own
// gateway.
func (a *Answers) begin() *Answer {
	address, _ := a.repl.GetString(askedAddress)
	g := a.gateways.at(address)
	if took, _ := a.repl.Get(writtenAfter); took != a.written {
		a.written = took
		return nil
	}
	if g == nil {
		return nil
	}
	for i, before := range a.Said {
		switch {
		case before.gateway != g:
		case before.final():
			return nil
		default:
			a.Said[i] = &Answer{gateway: g}
			return a.Said[i]
		}
	}
	next := &Answer{gateway: g}
	a.Said = append(a.Said, next)
	return next
}

// read reads the answer that stands in the placeholders.
func (a *Answers) read() {
	if a.current == nil {
		return
	}
	reads := a.current.gateway.reads
	a.values = a.values[:0]
	for _, r := range reads {
		v, _ := a.repl.GetString(r.placeholder)
		a.values = append(a.values, v)
	}
	status, known := a.status()
	// Unless it is still the same answer, which takes the placeholder away before
	// it sets its own, this may be of both.
	if _, same := a.repl.Get(a.seen); !same || !known {
		return
	}
	a.current.status = status
	if a.current.header == nil {
		a.current.header = make(map[string]string, len(reads))
	}
	for i, r := range reads {
		a.current.header[r.name] = a.values[i]
	}
}

func (a *Answers) status() (int, bool) {
	v, _ := a.repl.Get(answeredStatus)
	status, ok := v.(int)
	return status, ok
}

// End ends the looks, as the response begins. An answer that only now is seen
// is the response itself: a gateway that lets a request through does not answer
// it, so it says nothing of who is signed in.
func (a *Answers) End() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return
	}
	a.over = true
	if !a.newer() {
		a.read() // the last look may have come while it was being set
		return
	}
	address, _ := a.repl.GetString(askedAddress)
	g := a.gateways.at(address)
	status, _ := a.status()
	a.Refused = g != nil && !(&Answer{status: status}).passed() &&
		!slices.ContainsFunc(a.Said, func(said *Answer) bool { return said.gateway == g && said.passed() })
}

// TurnedAway reports whether gateways were asked and none let the request
// through, whoever wrote the response. It is called after end.
func (a *Answers) TurnedAway() bool {
	return a.Refused || len(a.Said) > 0 && !slices.ContainsFunc(a.Said, (*Answer).passed)
}

// Evidence returns what the gateway has said of a request that it let through,
// or nil. Of several gateways it is the first that has a name for somebody. It
// is called after end.
func (a *Answers) Evidence(id *identity.Config) *Answer {
	var first *Answer
	for _, said := range a.Said {
		if !said.passed() {
			continue
		}
		if id.NamedBy(said) {
			return said
		}
		if first == nil {
			first = said
		}
	}
	return first
}
