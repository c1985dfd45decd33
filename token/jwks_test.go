package token

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// publisher is an application that publishes keys.
type publisher struct {
	*httptest.Server
	set   atomic.Value // of string
	asked atomic.Int32
}

func publish(t *testing.T, keys ...jose.JSONWebKey) *publisher {
	p := new(publisher)
	p.put(t, keys...)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		text := p.set.Load().(string)
		if text == "" {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) put(t *testing.T, keys ...jose.JSONWebKey) {
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	p.set.Store(string(text))
}

func jwk(p pair, id string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: p.public, KeyID: id, Algorithm: string(p.alg), Use: "sig"}
}

func TestKeySet(t *testing.T) {
	ctx := context.Background()
	first, second := rsaPair(t), ecPair(t, elliptic.P256(), jose.ES256)
	site := publish(t, jwk(first, "1"))
	v := newVerifier(t, Config{JWKS: site.URL, Audience: "parley"})
	if site.asked.Load() != 0 {
		t.Error("keys were fetched before anyone needed them")
	}
	one := sign(t, first.alg, first.private, "1", valid())
	two := sign(t, second.alg, second.private, "2", valid("sub", "8"))
	for range 3 {
		if p, _, err := v.Verify(ctx, one, now); err != nil || p.ID != "7" {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if n := site.asked.Load(); n != 1 {
		t.Errorf("%d fetches for three tokens", n)
	}

	// The application adds a key: tokens by it count at once.
	site.put(t, jwk(first, "1"), jwk(second, "2"))
	later := now.Add(fetchInterval + time.Second)
	if p, _, err := v.Verify(ctx, two, later); err != nil || p.ID != "8" {
		t.Errorf("a new key: %+v, %v", p, err)
	}

	// Made-up ids of keys don't make us ask each time.
	before := site.asked.Load()
	for i := range 50 {
		raw := sign(t, first.alg, first.private, fmt.Sprint("made up ", i), valid())
		if _, _, err := v.Verify(ctx, raw, later); !errors.Is(err, ErrRefused) {
			t.Errorf("an unknown key: %v", err)
		}
	}
	if n := site.asked.Load() - before; n > 1 {
		t.Errorf("%d fetches for made-up keys", n)
	}

	// A key is withdrawn, and nobody has needed the keys for long.
	site.put(t, jwk(second, "2"))
	later = later.Add(staleFor + time.Second)
	long := map[string]any{"sub": "7", "aud": "parley", "iat": later.Unix(), "exp": later.Add(time.Hour).Unix()}
	if _, _, err := v.Verify(ctx, sign(t, first.alg, first.private, "1", long), later); !errors.Is(err, ErrRefused) {
		t.Errorf("a withdrawn key: %v", err)
	}

	// The publisher is down: known keys hold for a day, and no longer.
	site.set.Store("")
	later = later.Add(2 * freshFor)
	long["iat"], long["exp"] = later.Unix(), later.Add(time.Hour).Unix()
	if _, _, err := v.Verify(ctx, sign(t, second.alg, second.private, "2", long), later); err != nil {
		t.Errorf("while the publisher is down: %v", err)
	}
	if _, _, err := v.Verify(ctx, sign(t, second.alg, second.private, "2", long), later.Add(usableFor)); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("a day later: %v", err)
	}
}

func TestKeySetHoldsOnlyPublicSigningKeys(t *testing.T) {
	rs := rsaPair(t)
	symmetric := jose.JSONWebKey{Key: []byte(secret), KeyID: "oct", Algorithm: "HS256", Use: "sig"}
	encryption := jwk(rs, "enc")
	encryption.Use = "enc"
	site := publish(t, symmetric, encryption, jose.JSONWebKey{Key: rs.private, KeyID: "private"}, jwk(edPair(t), "ok"))
	v := newVerifier(t, Config{JWKS: site.URL, Audience: "parley"})
	for _, raw := range []string{
		sign(t, jose.HS256, []byte(secret), "oct", valid()),
		sign(t, jose.HS256, []byte(secret), "", valid()),
		sign(t, rs.alg, rs.private, "enc", valid()),
		sign(t, rs.alg, rs.private, "private", valid()),
	} {
		if _, _, err := v.Verify(context.Background(), raw, now); !errors.Is(err, ErrRefused) {
			t.Errorf("%v", err)
		}
	}
	empty := publish(t, symmetric)
	if _, _, err := newVerifier(t, Config{JWKS: empty.URL}).Verify(context.Background(), sign(t, jose.HS256, []byte(secret), "", valid()), now); err == nil {
		t.Error("a set without any public key is taken")
	}
}
