package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	// outdated is how long keys still count while no fetch succeeds.
	outdated = 24 * time.Hour
	// pause is the least time between two fetches, whatever tokens ask for:
	// anyone can make up the id of a key.
	pause = 10 * time.Second
	// fetchTime bounds one fetch.
	fetchTime = 5 * time.Second
	// maxSet bounds what is read, in bytes.
	maxSet = 256 << 10
)

// remote is a set of public keys that an application publishes. It is fetched
// when the first token comes, when one names a key that is not known yet, and
// when it has become old.
type remote struct {
	address string
	client  http.Client

	mu      sync.Mutex // held during a fetch too: others wait for the same answer
	set     []named
	fetched time.Time // of the last success
	tried   time.Time
	err     error // of the last try
}

type named struct {
	id string
	key
}

func newRemote(address string) (*remote, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("reading the jwks address: %w", err)
	}
	if u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("jwks %q: give an https address; who can change the keys on their way can sign in as anyone", address)
	}
	return &remote{address: address, client: http.Client{Timeout: fetchTime, CheckRedirect: stay}}, nil
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
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.find(id)
	if (len(found) == 0 || now.Sub(s.fetched) > refreshed) && now.Sub(s.tried).Abs() > pause {
		s.tried = now
		if s.err = s.fetch(ctx); s.err == nil {
			s.fetched = now
		}
		found = s.find(id)
	}
	if s.err != nil && now.Sub(s.fetched) > outdated {
		return nil, s.err
	}
	return found, nil
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

// fetch replaces the set. Where that fails the old one stays.
func (s *remote) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address, nil)
	if err != nil {
		return fmt.Errorf("fetching the token's keys: %w", err)
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("fetching the token's keys: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("fetching the token's keys: %s answers %s", s.address, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSet))
	if err != nil {
		return fmt.Errorf("fetching the token's keys: %w", err)
	}
	set, err := readSet(body)
	if err != nil {
		return fmt.Errorf("reading the token's keys from %s: %w", s.address, err)
	}
	s.set = set
	return nil
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
