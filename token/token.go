// Package token verifies the JSON Web Tokens (RFC 7519) by which an
// application tells who is signed in, where it names its people in the page
// and not in response headers.
//
// Which algorithm is accepted follows from the key alone, never from the
// token: a shared secret takes HS256, a public key RS256, ES256 or EdDSA
// (RFC 8725, section 3.1).
package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/parley-chat/parley/chat"
)

const (
	// Leeway is how far the clocks of who signs and of this server may differ.
	Leeway = time.Minute
	// MaxLength is the longest token that is looked at, in bytes.
	MaxLength = 8 << 10
	// MaxAge is how long after it was issued (iat) a token counts, whatever
	// its end (exp): pages stay in caches and behind the back button, and what
	// they say was true when they were made.
	MaxAge = time.Hour
)

// ErrRefused is wrapped by all that is wrong with a token itself.
var ErrRefused = errors.New("the token is refused")

// Config says which tokens are accepted.
type Config struct {
	// Key is a secret of at least 32 bytes for HS256, or a public key in PEM
	// (RSA of at least 2048 bits, P-256 or Ed25519).
	Key string
	// JWKS is where the application publishes its public keys (RFC 7517,
	// section 5), instead of Key: https, or http on loopback.
	JWKS string
	// Audience must be named by a token's aud. Where it is empty, tokens with
	// an aud are refused: they are meant for somebody else (RFC 7519, 4.1.3).
	Audience string
	// Nobody are further values that mean "no one".
	Nobody []string
	// Log says when the keys at JWKS can't be fetched, and when they can be
	// again. It may be nil.
	Log *slog.Logger
}

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	keys     keySource
	audience string
	nobody   []string
}

// keySource finds the keys that may have signed a token.
type keySource interface {
	keys(ctx context.Context, id string, now time.Time) ([]key, error)
}

// key is a key with the one algorithm that it is good for.
type key struct {
	alg   jose.SignatureAlgorithm
	value any
}

// New checks the configuration and returns a Verifier. It fetches nothing.
func New(c Config) (*Verifier, error) {
	v := &Verifier{audience: c.Audience, nobody: c.Nobody}
	switch {
	case (c.Key == "") == (c.JWKS == ""):
		return nil, errors.New("token needs a key or a jwks address, and not both")
	case c.Key != "":
		k, err := parseKey(c.Key)
		if err != nil {
			return nil, err
		}
		v.keys = fixed{k}
	default:
		log := c.Log
		if log == nil {
			log = slog.New(slog.DiscardHandler)
		}
		set, err := newKeySet(c.JWKS, log)
		if err != nil {
			return nil, err
		}
		v.keys = set
	}
	return v, nil
}

// fixed is a single key from the configuration.
type fixed struct{ key key }

func (f fixed) keys(context.Context, string, time.Time) ([]key, error) { return []key{f.key}, nil }

// algorithms are those that a token may name at all.
var algorithms = []jose.SignatureAlgorithm{jose.HS256, jose.RS256, jose.ES256, jose.EdDSA}

// Verify returns what a token says of its person, and when it was issued. An
// error that wraps ErrRefused is about the token; others mean that the keys
// could not be fetched.
func (v *Verifier) Verify(ctx context.Context, raw string, now time.Time) (chat.Profile, time.Time, error) {
	if len(raw) > MaxLength {
		return chat.Profile{}, time.Time{}, refused("it is longer than %d bytes", MaxLength)
	}
	parsed, err := jwt.ParseSigned(raw, algorithms)
	if err != nil {
		return chat.Profile{}, time.Time{}, refused("%w", err)
	}
	header := parsed.Headers[0]
	keys, err := v.keys.keys(ctx, header.KeyID, now)
	if err != nil {
		return chat.Profile{}, time.Time{}, err
	}
	for _, k := range keys {
		if string(k.alg) != header.Algorithm {
			continue
		}
		var registered jwt.Claims
		var person claims
		if parsed.Claims(k.value, &registered, &person) != nil {
			continue
		}
		if err := v.check(registered, now); err != nil {
			return chat.Profile{}, time.Time{}, err
		}
		p, err := v.profile(person)
		return p, registered.IssuedAt.Time(), err
	}
	return chat.Profile{}, time.Time{}, refused("no key that is known has signed it by %s", header.Algorithm)
}

// check looks at the registered claims (RFC 7519, section 4.1).
func (v *Verifier) check(c jwt.Claims, now time.Time) error {
	if c.Expiry == nil {
		return refused("it has no exp: a token must end")
	}
	if c.IssuedAt == nil {
		return refused("it has no iat: it must say when it was made")
	}
	if c.IssuedAt.Time().Before(now.Add(-MaxAge - Leeway)) {
		return refused("its iat is more than an hour ago: make one for each page")
	}
	if v.audience == "" && len(c.Audience) > 0 {
		return refused("it has an aud, and no audience is configured here")
	}
	want := jwt.Expected{Time: now}
	if v.audience != "" {
		want.AnyAudience = jwt.Audience{v.audience}
	}
	if err := c.ValidateWithLeeway(want, Leeway); err != nil {
		return refused("%w", err)
	}
	return nil
}

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrRefused, fmt.Errorf(format, args...))
}
