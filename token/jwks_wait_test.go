package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/parley-chat/parley/internal/logtest"
)

// The tests hold fetches back, on machines that stand still at times.
func init() { fetchTimeout = time.Minute }

// holdable is a publisher that can be made to hold back its answer.
type holdable struct {
	*publisher
	front *httptest.Server
	asked chan struct{} // one for each request that is held back
	free  chan struct{}
	held  atomic.Bool
}

func publishHoldable(t *testing.T, keys ...jose.JSONWebKey) *holdable {
	h := &holdable{publisher: publish(t, keys...), asked: make(chan struct{}, 100), free: make(chan struct{})}
	h.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.held.Load() {
			h.asked <- struct{}{}
			<-h.free
		}
		h.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(h.front.Close)
	return h
}

// idle waits until no fetch is under way.
func (s *keySet) idle() {
	s.mu.Lock()
	fetching := s.fetching
	s.mu.Unlock()
	if fetching != nil {
		<-fetching
	}
}

// at makes a token that counts at a time.
func at(t *testing.T, p pair, id string, when time.Time) string {
	return sign(t, p.alg, p.private, id, valid("iat", when.Unix(), "exp", when.Add(time.Hour).Unix()))
}

func TestKeysAreFetchedOnceForAll(t *testing.T) {
	p := edPair(t)
	h := publishHoldable(t, jwk(p, "1"))
	h.held.Store(true)
	v := newVerifier(t, Config{JWKS: h.front.URL, Audience: "parley"})
	raw := sign(t, p.alg, p.private, "1", valid())
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, _, err := v.Verify(context.Background(), raw, now); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
	<-h.asked
	close(h.free)
	all.Wait()
	if n := h.publisher.asked.Load(); n != 1 {
		t.Errorf("%d fetches for 50 tokens at once", n)
	}
}

func TestNobodyWaitsForKeysThatTheyDoNotNeed(t *testing.T) {
	ctx := context.Background()
	first, second := edPair(t), edPair(t)
	h := publishHoldable(t, jwk(first, "1"))
	v := newVerifier(t, Config{JWKS: h.front.URL, Audience: "parley"})
	set := v.keys.(*keySet)
	verify := func(p pair, id string, when time.Time) error {
		_, _, err := v.Verify(ctx, at(t, p, id, when), when)
		return err
	}
	if err := verify(first, "1", now); err != nil {
		t.Fatal(err)
	}
	h.held.Store(true)

	// Somebody makes up a key, and its fetch hangs.
	later := now.Add(fetchInterval + time.Second)
	madeUp := make(chan error, 1)
	raw := at(t, first, "made up", later)
	go func() {
		_, _, err := v.Verify(ctx, raw, later)
		madeUp <- err
	}()
	<-h.asked
	if err := verify(first, "1", later); err != nil {
		t.Errorf("a known key, while another is asked for: %v", err)
	}
	hurried, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := v.Verify(hurried, raw, later); !errors.Is(err, context.Canceled) {
		t.Errorf("who no longer waits: %v", err)
	}
	h.free <- struct{}{}
	if err := <-madeUp; !errors.Is(err, ErrRefused) {
		t.Errorf("a made-up key: %v", err)
	}

	// The keys have become old: they count while they are fetched again, and
	// what has been withdrawn does not count after that.
	h.put(t, jwk(second, "2"))
	later = later.Add(freshFor + time.Second)
	if err := verify(first, "1", later); err != nil {
		t.Errorf("an old key, while it is fetched again: %v", err)
	}
	<-h.asked
	h.free <- struct{}{}
	set.idle()
	if err := verify(first, "1", later); !errors.Is(err, ErrRefused) {
		t.Errorf("a withdrawn key: %v", err)
	}
	if err := verify(second, "2", later); err != nil {
		t.Errorf("the key in its place: %v", err)
	}
}

func TestKeysThatCannotBeHadAreLoggedOnce(t *testing.T) {
	p := edPair(t)
	site := publish(t, jwk(p, "1"))
	site.set.Store("")
	var log logtest.Buffer
	v := newVerifier(t, Config{JWKS: site.URL, Audience: "parley", Log: slog.New(slog.NewTextHandler(&log, nil))})
	when := now
	for range 100 {
		when = when.Add(fetchInterval + time.Second)
		if _, _, err := v.Verify(context.Background(), at(t, p, "1", when), when); err == nil || errors.Is(err, ErrRefused) {
			t.Fatalf("without keys: %v", err)
		}
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors in 18 minutes, want one:\n%s", n, &log)
	}
	site.put(t, jwk(p, "1"))
	when = when.Add(fetchInterval + time.Second)
	if _, _, err := v.Verify(context.Background(), at(t, p, "1", when), when); err != nil {
		t.Errorf("the publisher is back: %v", err)
	}
	site.set.Store("")
	when = when.Add(staleFor + time.Second)
	if _, _, err := v.Verify(context.Background(), at(t, p, "1", when), when); err != nil {
		t.Errorf("it is down again, and the keys are known: %v", err)
	}
	for _, want := range []string{"can be fetched again", "level=WARN"} {
		if n := strings.Count(log.String(), want); n != 1 {
			t.Errorf("%q is logged %d times, want once:\n%s", want, n, &log)
		}
	}
}

func FuzzReadSet(f *testing.F) {
	rs, ed := rsaPair(f), edPair(f)
	for _, k := range []jose.JSONWebKey{jwk(rs, "1"), jwk(ed, "2"), {Key: rs.private, KeyID: "3"}, {Key: []byte(secret), KeyID: "4"}} {
		text, err := k.MarshalJSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(fmt.Appendf(nil, `{"keys":[%s]}`, text))
	}
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"RSA","n":"AQ","e":"AQ"}]}`))
	f.Add([]byte(`{"keys":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		set, err := readSet(body)
		if err != nil {
			return
		}
		if len(set) == 0 {
			t.Fatal("an empty set is taken")
		}
		for _, k := range set {
			if alg, err := algorithmOf(k.value); err != nil || alg != k.alg || alg == jose.HS256 {
				t.Errorf("%T counts for %s: %v", k.value, k.alg, err)
			}
		}
	})
}
