package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// Least strengths of keys (RFC 7518, sections 3.2 and 3.3).
const (
	minSecret = 32   // bytes
	minRSA    = 2048 // bits
)

// parseKey reads a secret, or a public key or certificate in PEM.
func parseKey(text string) (key, error) {
	if !strings.Contains(text, "-----BEGIN") {
		if len(text) < minSecret {
			return key{}, fmt.Errorf("the token's key has %d bytes: a secret for HS256 needs at least %d, as from `openssl rand -hex 32`", len(text), minSecret)
		}
		return key{jose.HS256, []byte(text)}, nil
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return key{}, errors.New("the token's key is not valid PEM: are its line breaks there?")
	}
	public, err := parsePublic(block)
	if err != nil {
		return key{}, err
	}
	alg, err := algorithmOf(public)
	if err != nil {
		return key{}, fmt.Errorf("the token's key: %w", err)
	}
	return key{alg, public}, nil
}

func parsePublic(block *pem.Block) (any, error) {
	var public any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = cert.PublicKey
		}
	default:
		return nil, fmt.Errorf("the token's key is a %s: what is needed to verify is the public key", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the token's key: %w", err)
	}
	return public, nil
}

// algorithmOf returns the one algorithm that a public key is good for.
func algorithmOf(public any) (jose.SignatureAlgorithm, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSA {
			return "", fmt.Errorf("an RSA key of %d bits is too short: at least %d", n, minRSA)
		}
		return jose.RS256, nil
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return "", fmt.Errorf("unsupported curve %s: want P-256", k.Params().Name)
		}
		return jose.ES256, nil
	case ed25519.PublicKey:
		return jose.EdDSA, nil
	}
	return "", fmt.Errorf("unsupported key type %T: want RSA, P-256 or Ed25519", public)
}
