package chat

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// Hash is the SHA-256 of a secret. Only hashes of secrets are ever stored, so
// that who reads the database can't use what is in it.
type Hash [sha256.Size]byte

// HashOf returns the hash of a secret.
func HashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// String returns the hash in unpadded URL-safe base64.
func (h Hash) String() string { return base64.RawURLEncoding.EncodeToString(h[:]) }

// secretBytes is the length of session tokens and tab secrets: 192 bits, well over
// the 128 that make guessing hopeless, and 32 characters without padding.
const secretBytes = 24

// NewSecret returns a fresh random token of 32 URL-safe characters.
func NewSecret() string { return randomText(secretBytes) }

// NewID returns a fresh random identifier that is not a secret: 128 bits in 22
// URL-safe characters.
func NewID() string { return randomText(16) }

func randomText(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: it ends the program where the system has no randomness
	return base64.RawURLEncoding.EncodeToString(b)
}
