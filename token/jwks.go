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
)

const (
	// refreshed is how long keys count as fresh. Older ones are fetched
	// again when they are needed, so that a withdrawn key goes.
	refreshed = time.Hour
	// late is how old keys may be that still count while they are fetched
	// again. With older ones the answer is waited for.
	late = 2 * refreshed
	// outdated is how long keys still count while no fetch succeeds.
	outdated = 24 * time.Hour
	// pause is the least time between two fetches, whatever tokens ask for:
	// anyone can make up the id of a key.
	pause = 10 * time.Second
	// fetchTime bounds one fetch.
	fetchTime = 5 * time.Second
	// maxSet bounds what is read, in bytes.
	maxSet = 256 << 10
	// retold is after how long it is said again that the keys can't be had.
	retold = time.Hour
)

// remote is a set of public keys that an application publishes. It is fetched
// when the first token comes, when one names a key that is not known yet, and
// when it has become old. Nobody waits for that whose token names a key that
// still counts.
type remote struct {
	address string
	client  http.Client
	log     *slog.Logger

	mu      sync.Mutex
	flight  chan struct{} // closed when the fetch that is under way has ended; nil without one
	set     []named
	fetched time.Time // of the last success
	tried   time.Time
	err     error     // of the last try
	told    time.Time // when the log was last told of err; zero while there is none
}

type named struct {
	id string
	key
}

func newRemote(address string, log *slog.Logger) (*remote, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("reading the jwks address: %w", err)
	}
	if u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("jwks %q: give an https address; who can change the keys on their way can sign in as anyone", address)
	}
	return &remote{address: address, log: log, client: http.Client{Timeout: fetchTime, CheckRedirect: stay}}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// stay follows no redirect to a place that is less protected.
func stay(r *http.Request, via []*http.Request) error {
	if len(via) > 3 || via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
		return errors.New("the keys are redirected too far, or away from https")
	}
	return nil
}

func (s *remote) keys(ctx context.Context, id string, now time.Time) ([]key, error) {
	if flight := s.refresh(id, now); flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the token's keys: %w", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil && now.Sub(s.fetched) > outdated {
		return nil, s.err
	}
	return s.find(id), nil
}

// refresh has the keys fetched where that is due, once for all who ask, and
// returns what to wait for: nil where the keys at hand will do, or where it is
// too early to ask again.
func (s *remote) refresh(id string, now time.Time) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, age := len(s.find(id)) > 0, now.Sub(s.fetched)
	if known && age <= refreshed {
		return nil
	}
	if s.flight == nil && now.Sub(s.tried).Abs() > pause {
		s.tried, s.flight = now, make(chan struct{})
		go s.land(now)
	}
	if known && age <= late {
		return nil
	}
	return s.flight
}

// land fetches the keys and keeps them. Where that fails the old ones stay.
func (s *remote) land(now time.Time) {
	set, err := s.fetch()
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.flight)
	s.flight, s.err = nil, err
	if err == nil {
		s.set, s.fetched = set, now
	}
	s.tell(now)
}

// tell says in the log that the keys can't be had, and that they can be again.
// It does not repeat it with each token: anyone can send those.
func (s *remote) tell(now time.Time) {
	switch {
	case s.err == nil && !s.told.IsZero():
		s.told = time.Time{}
		s.log.Info("the token's keys can be had again")
	case s.err != nil && (s.told.IsZero() || now.Sub(s.told).Abs() >= retold):
		s.told = now
		if now.Sub(s.fetched) > outdated {
			s.log.Error("the token's keys can't be had; nobody is signed in by a token until that works", "error", s.err)
			return
		}
		s.log.Warn("the token's keys can't be fetched again; those known count for a day", "error", s.err)
	}
}

// find returns the keys with an id, or all where the token names none.
func (s *remote) find(id string) []key {
	var found []key
	for _, k := range s.set {
		if id == "" || k.id == id {
			found = append(found, k.key)
		}
	}
	return found
}

// fetch asks for the keys, whoever waits for them.
func (s *remote) fetch() ([]named, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
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
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSet))
	if err != nil {
		return nil, fmt.Errorf("fetching the token's keys: %w", err)
	}
	set, err := readSet(body)
	if err != nil {
		return nil, fmt.Errorf("reading the token's keys from %s: %w", s.address, err)
	}
	return set, nil
}

// readSet reads a key set. Keys that are not for us are left out: a set may
// hold some for encryption, or of kinds that are not known here. A symmetric
// key in a public place is no secret, and never counts.
func readSet(body []byte) ([]named, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, err
	}
	var set []named
	for _, text := range raw.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(text) != nil || k.Use != "" && k.Use != "sig" || !k.IsPublic() {
			continue
		}
		alg, err := algorithmOf(k.Key)
		if err != nil || k.Algorithm != "" && k.Algorithm != string(alg) {
			continue
		}
		set = append(set, named{k.KeyID, key{alg, k.Key}})
	}
	if len(set) == 0 {
		return nil, errors.New("there is no public key for RS256, ES256 or EdDSA in it")
	}
	return set, nil
}
