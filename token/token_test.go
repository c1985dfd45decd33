package token

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const secret = "0123456789abcdef0123456789abcdef"

var now = time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC)

// pair is a key to sign with and what its owner publishes of it.
type pair struct {
	alg     jose.SignatureAlgorithm
	private any
	public  any
}

func rsaPair(t testing.TB) pair {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return pair{jose.RS256, k, &k.PublicKey}
}

func ecPair(t testing.TB, curve elliptic.Curve, alg jose.SignatureAlgorithm) pair {
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pair{alg, k, &k.PublicKey}
}

func edPair(t testing.TB) pair {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pair{jose.EdDSA, private, public}
}

// pem returns what an operator puts into the configuration.
func (p pair) pem(t testing.TB) string {
	der, err := x509.MarshalPKIXPublicKey(p.public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// sign makes a token as an application would.
func sign(t testing.TB, alg jose.SignatureAlgorithm, k any, id string, claims map[string]any) string {
	t.Helper()
	opts := new(jose.SignerOptions).WithType("JWT")
	if id != "" {
		opts = opts.WithHeader("kid", id)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: k}, opts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	object, err := s.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func valid(more ...any) map[string]any {
	c := map[string]any{"sub": "7", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "aud": "parley"}
	for i := 0; i < len(more); i += 2 {
		if more[i+1] == nil {
			delete(c, more[i].(string))
		} else {
			c[more[i].(string)] = more[i+1]
		}
	}
	return c
}

func newVerifier(t testing.TB, c Config) *Verifier {
	t.Helper()
	v, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEveryAlgorithm(t *testing.T) {
	for _, p := range []pair{{jose.HS256, []byte(secret), nil}, rsaPair(t), ecPair(t, elliptic.P256(), jose.ES256), edPair(t)} {
		key := secret
		if p.public != nil {
			key = p.pem(t)
		}
		v := newVerifier(t, Config{Key: key, Audience: "parley"})
		raw := sign(t, p.alg, p.private, "", valid())
		got, _, err := v.Verify(context.Background(), raw, now)
		if err != nil || got.ID != "7" {
			t.Errorf("%s: %+v, %v", p.alg, got, err)
		}
		// One letter of the payload changed.
		parts := strings.Split(raw, ".")
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		forged := strings.Replace(string(payload), `"sub":"7"`, `"sub":"8"`, 1)
		parts[1] = base64.RawURLEncoding.EncodeToString([]byte(forged))
		if _, _, err := v.Verify(context.Background(), strings.Join(parts, "."), now); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: a changed payload gave %v", p.alg, err)
		}
	}
}

func TestRefused(t *testing.T) {
	rs, other := rsaPair(t), rsaPair(t)
	v := newVerifier(t, Config{Key: rs.pem(t), Audience: "parley", Nobody: []string{"shared"}})
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"sub":"7","aud":"parley","exp":%d}`, now.Add(time.Hour).Unix()))) + "."
	signed := func(more ...any) string { return sign(t, jose.RS256, rs.private, "", valid(more...)) }
	for name, raw := range map[string]string{
		"no algorithm":                        none,
		"the public key taken as a secret":    sign(t, jose.HS256, []byte(rs.pem(t)), "", valid()),
		"another key of the same kind":        sign(t, jose.RS256, other.private, "", valid()),
		"another algorithm of the same key":   sign(t, jose.PS256, rs.private, "", valid()),
		"over":                                signed("exp", now.Add(-2*time.Minute).Unix()),
		"without an end":                      signed("exp", nil),
		"not yet":                             signed("nbf", now.Add(2*time.Minute).Unix()),
		"from the future":                     signed("iat", now.Add(2*time.Minute).Unix()),
		"for somebody else":                   signed("aud", "billing"),
		"for nobody in particular":            signed("aud", nil),
		"without a person":                    signed("sub", nil),
		"an anonymous person":                 signed("sub", "anonymous"),
		"a word of the operator's":            signed("sub", "Shared"),
		"an id that is too long":              signed("sub", strings.Repeat("7", 257)),
		"an address nobody has verified":      signed("sub", nil, "email", "a@example.com", "email_verified", false),
		"an address verified by a word":       signed("sub", nil, "email", "a@example.com", "email_verified", "false"),
		"made long ago":                       signed("iat", now.Add(-2*time.Hour).Unix()),
		"made at no time":                     signed("iat", nil),
		"an id that is a list":                signed("sub", []string{"7"}),
		"empty":                               "",
		"no token":                            "a.b.c",
		"five parts, as an encrypted one has": "a.b.c.d.e",
		"too long":                            signed("labels", strings.Repeat("a", MaxLength)),
	} {
		p, _, err := v.Verify(context.Background(), raw, now)
		if !errors.Is(err, ErrRefused) || p.ID != "" || p.Email != "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	// With a shared secret a token that names an audience is still somebody else's.
	hs := newVerifier(t, Config{Key: secret})
	if _, _, err := hs.Verify(context.Background(), sign(t, jose.HS256, []byte(secret), "", valid()), now); !errors.Is(err, ErrRefused) {
		t.Errorf("an audience where none is configured: %v", err)
	}
	if p, _, err := hs.Verify(context.Background(), sign(t, jose.HS256, []byte(secret), "", valid("aud", nil)), now); err != nil || p.ID != "7" {
		t.Errorf("no audience where none is configured: %+v, %v", p, err)
	}
}

func TestClaims(t *testing.T) {
	v := newVerifier(t, Config{Key: secret})
	raw := sign(t, jose.HS256, []byte(secret), "", valid("aud", nil, "sub", nil, "id", 42, "email", " Anna@Example.com ",
		"given_name", "Anna", "family_name", "Berg", "gender", "f", "labels", []string{"vip", "b2b"},
		"assignedUser", "Lena@Example.com", "additionalTaggingData", map[string]any{"plan": "gold"}, "scope", "openid"))
	p, _, err := v.Verify(context.Background(), raw, now)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p); got != "{42 anna@example.com Anna Berg f [vip b2b] lena@example.com map[plan:gold]}" {
		t.Error(got)
	}
}

func TestConfigRefused(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(rsaPair(t).private)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]Config{
		"not both":      {Key: secret, JWKS: "https://a.example/"},
		"needs a key":   {},
		"at least 32":   {Key: "secret"},
		"line breaks":   {Key: "-----BEGIN PUBLIC KEY----- AAAA -----END PUBLIC KEY-----"},
		"too short":     {Key: pair{public: &short.PublicKey}.pem(t)},
		"P-384":         {Key: ecPair(t, elliptic.P384(), jose.ES384).pem(t)},
		"the public":    {Key: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))},
		"https address": {JWKS: "http://keys.example/jwks.json"},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	v := newVerifier(f, Config{Key: secret})
	good := sign(f, jose.HS256, []byte(secret), "", valid("aud", nil))
	for _, seed := range []string{good, good + "A", "a.b.c", "", "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(seed)
	}
	head, _, _ := strings.Cut(good, ".")
	f.Fuzz(func(t *testing.T, raw string) {
		p, _, err := v.Verify(context.Background(), raw, now)
		switch {
		case err == nil && !strings.HasPrefix(raw, head):
			t.Errorf("%q was taken as %+v", raw, p)
		case err != nil && !errors.Is(err, ErrRefused):
			t.Errorf("%q: %v", raw, err)
		}
	})
}
