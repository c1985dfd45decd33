package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/token"
)

// Token says which JSON Web Tokens count as evidence. A page hands one over
// with Parley.user.tag({externalToken: "…"}). It needs iat and exp, and sub, id or
// email; names, labels and the like are read as well.
type Token struct {
	// A secret of at least 32 bytes for HS256, or a public key in PEM for
	// RS256, ES256 or EdDSA. Placeholders such as {env.PARLEY_JWT_KEY} and
	// {file.…} are replaced.
	Key string `json:"key,omitempty"`

	// Where the application publishes its public keys, instead of a key: an
	// https address of a JSON Web Key Set. It is fetched when it is needed and
	// kept for an hour.
	JWKS string `json:"jwks,omitempty"`

	// What a token's aud must name. Without it, tokens that have an aud are
	// refused.
	Audience string `json:"audience,omitempty"`
}

// tokens verifies tokens for package chat, in its words.
type tokens struct{ verifier *token.Verifier }

// TokenVerifier makes what verifies tokens, or nil where none count.
func (id *Config) TokenVerifier(log *slog.Logger) (chat.TokenVerifier, error) {
	if id == nil || id.Token == nil {
		return nil, nil
	}
	v, err := id.Token.verifier(id.Nobody, log)
	if err != nil {
		return nil, err
	}
	return tokens{v}, nil
}

func (t *Token) verifier(nobody []string, log *slog.Logger) (*token.Verifier, error) {
	c := token.Config{Nobody: nobody, Log: log}
	for _, value := range []struct {
		word, written string
		into          *string
	}{{"key", t.Key, &c.Key}, {"jwks", t.JWKS, &c.JWKS}, {"audience", t.Audience, &c.Audience}} {
		var err error
		if *value.into, err = config.Required(value.written); err != nil {
			return nil, fmt.Errorf("token: %s: %w", value.word, err)
		}
	}
	v, err := token.New(c)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	return v, nil
}

// check finds what is wrong with a configuration before it runs. Where there
// are placeholders, only the server that runs can tell.
func (t *Token) check() error {
	if strings.Contains(t.Key+t.JWKS, "{") {
		return nil
	}
	_, err := t.verifier(nil, nil)
	return err
}

// Verify returns what a token says of its person, and when it was issued.
func (t tokens) Verify(ctx context.Context, raw string) (chat.Profile, time.Time, error) {
	p, issued, err := t.verifier.Verify(ctx, raw, time.Now())
	switch {
	case errors.Is(err, token.ErrRefused):
		return p, issued, fmt.Errorf("%w: %w", chat.ErrBadToken, err)
	case err != nil:
		return p, issued, fmt.Errorf("%w: %w", chat.ErrUnavailable, err)
	}
	return p, issued, nil
}
