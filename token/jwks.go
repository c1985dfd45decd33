package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/parley-chat/parley/internal/loglimit"
	"github.com/parley-chat/parley/internal/panics"
)

const (
	// freshFor is how long keys count as fresh. Older ones are fetched again
	// when they are needed, so that a withdrawn key goes.
	freshFor = time.Hour
	// staleFor is how old keys may be that still count while they are fetched
	// again. With older ones the answer is waited for.
	staleFor = 2 * freshFor
	// usableFor is how long keys still count while no fetch succeeds.
	usableFor = 24 * time.Hour
	// fetchInterval is the least time between two fetches, whatever tokens ask
	// for: anyone can make up the id of a key.
	fetchInterval = 10 * time.Second
	// maxSetLength bounds what is read of a key set, in bytes.
	maxSetLength = 256 << 10
	// logInterval is how often an outage of the key set is logged.
	logInterval = time.Hour
)

// fetchTimeout bounds one fetch.
var fetchTimeout = 5 * time.Second

// keySet is a set of public keys that an application publishes. It is fetched
// when the first token comes, when one names a key that is not known yet, and
// when it has become old. Nobody waits for that whose token names a key that
// still counts.
type keySet struct {
	address string
	client  http.Client
	log     *slog.Logger

	mu       sync.Mutex
	fetching chan struct{} // closed when the fetch that is under way has ended; nil without one
	set      []publicKey
	fetched  time.Time // of the last success
	tried    time.Time
	err      error           // of the last try
	outage   *loglimit.Limit // of the log lines about err; nil while there is none
}

type publicKey struct {
	id string
	key
}

func newKeySet(address string, log *slog.Logger) (*keySet, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("reading the jwks address: %w", err)
	}
	if u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("jwks %q: give an https address; who can change the keys on their way can sign in as anyone", address)
	}
	return &keySet{address: address, log: log, client: http.Client{Timeout: fetchTimeout, CheckRedirect: checkRedirect}}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkRedirect follows no redirect to a place that is less protected.
func checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > 3 || via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
		return errors.New("the keys are redirected too far, or away from https")
	}
	return nil
}

func (s *keySet) keys(ctx context.Context, id string, now time.Time) ([]key, error) {
	if done := s.refresh(id, now); done != nil {
		select {
		case <-done:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the token's keys: %w", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil && now.Sub(s.fetched) > usableFor {
		return nil, s.err
	}
	return s.find(id), nil
}

// refresh has the keys fetched where that is due, once for all who ask, and
// returns what to wait for: nil where the keys at hand will do, or where it is
// too early to ask again.
func (s *keySet) refresh(id string, now time.Time) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, age := len(s.find(id)) > 0, now.Sub(s.fetched)
	if known && age <= freshFor {
		return nil
	}
	if s.fetching == nil && now.Sub(s.tried).Abs() > fetchInterval {
		s.tried, s.fetching = now, make(chan struct{})
		go s.update(now)
	}
	if known && age <= staleFor {
		return nil
	}
	return s.fetching
}

// update fetches the keys. Where that fails the old ones stay.
func (s *keySet) update(now time.Time) {
	set, err := s.fetch()
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.fetching)
	s.fetching, s.err = nil, err
	if err == nil {
		s.set, s.fetched = set, now
	}
	s.logState(now)
}

// logState logs that the keys can't be fetched, once in a while and not with
// each token, since anyone can send those, and that they can be again.
func (s *keySet) logState(now time.Time) {
	switch {
	case s.err == nil && s.outage != nil:
		s.outage = nil
		s.log.Info("the token's keys can be fetched again")
	case s.err != nil:
		if s.outage == nil {
			s.outage = &loglimit.Limit{Burst: 1, Every: logInterval}
		}
		if now.Sub(s.fetched) > usableFor {
			s.outage.Log(s.log, slog.LevelError, "the token's keys can't be fetched; nobody is signed in by a token until that works", "error", s.err)
			return
		}
		s.outage.Log(s.log, slog.LevelWarn, "the token's keys can't be fetched again; those known count for a day", "error", s.err)
	}
}

// find returns the keys with an id, or all where the token names none.
func (s *keySet) find(id string) []key {
	var found []key
	for _, k := range s.set {
		if id == "" || k.id == id {
			found = append(found, k.key)
		}
	}
	return found
}

// fetch asks for the keys, whoever waits for them.
func (s *keySet) fetch() (set []publicKey, err error) {
	defer panics.ToError(&err) // nobody else stops one: it runs in a goroutine of its own
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address, nil)
	if err != nil {
		return nil, fmt.Errorf("fetching the token's keys: %w", err)
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetching the token's keys: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching the token's keys: %s answers %s", s.address, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSetLength))
	if err != nil {
		return nil, fmt.Errorf("fetching the token's keys: %w", err)
	}
	if set, err = readSet(body); err != nil {
		return nil, fmt.Errorf("reading the token's keys from %s: %w", s.address, err)
	}
	return set, nil
}

// readSet reads a key set. Keys that are not for us are left out: a set may
// hold some for encryption, or of types that are not supported here. A symmetric
// key in a public place is no secret, and never counts.
func readSet(body []byte) ([]publicKey, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, err
	}
	var set []publicKey
	for _, text := range raw.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(text) != nil || k.Use != "" && k.Use != "sig" || !k.IsPublic() {
			continue
		}
		alg, err := algorithmOf(k.Key)
		if err != nil || k.Algorithm != "" && k.Algorithm != string(alg) {
			continue
		}
		set = append(set, publicKey{k.KeyID, key{alg, k.Key}})
	}
	if len(set) == 0 {
		return nil, errors.New("it has no public key for RS256, ES256 or EdDSA")
	}
	return set, nil
}
