package layout

import (
	"encoding/base64"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// SessionRecord is a session with the tokens that open it, the oldest first.
type SessionRecord struct {
	chat.Session
	Tokens []chat.Hash `json:"-"`
	// Texts is Tokens as stored.
	Texts []string `json:"tokens"`
}

func parseHash(text string) (h chat.Hash, err error) {
	n, err := base64.RawURLEncoding.Decode(h[:], []byte(text))
	if err == nil && n != len(h) {
		err = ErrShort
	}
	if err != nil {
		return h, unavailable.When("decoding a token's hash", err)
	}
	return h, nil
}

// DecodeSession decodes the record of a session.
func DecodeSession(value []byte) (SessionRecord, error) {
	rec, err := DecodeJSON[SessionRecord](value)
	if err != nil {
		return SessionRecord{}, err
	}
	for _, text := range rec.Texts {
		token, err := parseHash(text)
		if err != nil {
			return SessionRecord{}, err
		}
		rec.Tokens = append(rec.Tokens, token)
	}
	return rec, nil
}
