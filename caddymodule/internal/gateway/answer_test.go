package gateway

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/caddymodule/internal/identity"
)

// Transports that dial in the background may ask for the Replacer while a
// proxy sets an answer: what is read then is never of two answers.
func TestAnswersAreNeverMixed(t *testing.T) {
	gs := Gateways{{addresses: []string{"tcp/gate:1"}}}
	id := &identity.Config{ID: "{http.request.header.Remote-User}", Email: "{http.request.header.Remote-Email}", Trust: identity.TrustForwardAuth}
	if err := id.Provision(); err != nil {
		t.Fatal(err)
	}
	// More sources than anyone has take longer to read.
	sources := id.Sources()
	for i := range 50 {
		sources = append(sources, identity.Source{Field: fmt.Sprint("X-", i)})
	}
	user, email := identity.Source{Field: "Remote-User", Copied: true}, identity.Source{Field: "Remote-Email", Copied: true}
	gs.asked(append(sources, user, email))
	answered := func(repl *caddy.Replacer, user string, status int) {
		repl.DeleteByPrefix(answeredHeader)
		repl.Set(answeredHeader+"Remote-User", user)
		repl.Set(answeredHeader+"Remote-Email", user+"@example.com")
		repl.Set(answeredStatus, status)
	}
	for i := range 2000 {
		repl := caddy.NewReplacer()
		a := NewAnswers(context.WithValue(t.Context(), caddy.ReplacerCtxKey, repl), gs, false)
		stop := make(chan struct{})
		var dialing sync.WaitGroup
		dialing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					a.Value(caddy.ReplacerCtxKey)
				}
			}
		})
		refuses := i%2 == 0
		for _, asked := range []struct {
			address, user string
			status        int
		}{{"tcp/app:1", "victim", 200}, {"tcp/gate:1", "mia", 200}, {"tcp/app:1", "victim", 200}} {
			if refuses && asked.user == "mia" {
				asked.status = 401
			}
			a.Value(caddy.ReplacerCtxKey) // as a proxy does, before it sets whom it asks
			repl.Set(askedAddress, asked.address)
			answered(repl, asked.user, asked.status)
			a.Value(caddy.ReplacerCtxKey) // as what runs next does
		}
		a.End()
		close(stop)
		dialing.Wait()
		got := "nobody"
		if said := a.Evidence(id); said != nil {
			got = fmt.Sprint(said.Values(user), said.Values(email))
		}
		want := "[mia] [mia@example.com]"
		if refuses {
			want = "nobody"
		}
		if got != want {
			t.Fatalf("exchange %d: %s, want %s", i, got, want)
		}
	}
}

// A look that comes in the midst of a refusal, when the status is still that of
// another proxy's answer, takes nobody for somebody who was let through.
func TestRefusalIsReadToItsEnd(t *testing.T) {
	gs := Gateways{{addresses: []string{"tcp/gate:1"}}}
	id := &identity.Config{ID: "{http.request.header.Remote-User}", Trust: identity.TrustForwardAuth}
	if err := id.Provision(); err != nil {
		t.Fatal(err)
	}
	gs.asked(id.Sources())
	repl := caddy.NewReplacer()
	a := NewAnswers(context.WithValue(t.Context(), caddy.ReplacerCtxKey, repl), gs, false)
	repl.Set(askedAddress, "tcp/app:1")
	repl.Set(answeredStatus, 200)
	a.Value(caddy.ReplacerCtxKey)
	repl.Set(askedAddress, "tcp/gate:1")
	repl.DeleteByPrefix(answeredHeader)
	repl.Set(answeredHeader+"Remote-User", "victim")
	a.Value(caddy.ReplacerCtxKey)
	repl.Set(answeredStatus, 401)
	a.End()
	if said := a.Evidence(id); said != nil {
		t.Errorf("a refusal names %q", said.Values(identity.Source{Field: "Remote-User", Copied: true}))
	}
}
