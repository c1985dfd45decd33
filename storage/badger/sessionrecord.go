package badger

import (
	"encoding/base64"

	"github.com/parley-chat/parley/chat"
)

// sessionRecord is a session with the tokens that open it, the oldest first.
type sessionRecord struct {
	chat.Session
	Tokens []chat.Hash `json:"-"`
	// Texts is Tokens as stored.
	Texts []string `json:"tokens"`
}

func parseHash(text string) (h chat.Hash, err error) {
	n, err := base64.RawURLEncoding.Decode(h[:], []byte(text))
	if err == nil && n != len(h) {
		err = errShort
	}
	if err != nil {
		return h, unavailable("decoding a token's hash", err)
	}
	return h, nil
}

func decodeSession(value []byte) (sessionRecord, error) {
	rec, err := decodeJSON[sessionRecord](value)
	if err != nil {
		return sessionRecord{}, err
	}
	for _, text := range rec.Texts {
		token, err := parseHash(text)
		if err != nil {
			return sessionRecord{}, err
		}
		rec.Tokens = append(rec.Tokens, token)
	}
	return rec, nil
}
