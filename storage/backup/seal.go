package backup

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// sealer is how blocks are encrypted; one without aead leaves them as they are.
type sealer struct {
	aead   cipher.AEAD
	header []byte
	n      uint64
}

func newSealer(key []byte, h header, line []byte) (*sealer, error) {
	if !h.Encrypted {
		return &sealer{}, nil
	}
	derived, err := hkdf.Key(sha256.New, key, h.Salt, "parley backup", len(key))
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &sealer{aead: aead, header: line}, err
}

func (s *sealer) nonce() []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[4:], s.n)
	s.n++
	return nonce
}

func (s *sealer) seal(block []byte) []byte {
	if s.aead == nil {
		return block
	}
	return s.aead.Seal(nil, s.nonce(), block, s.header)
}

func (s *sealer) open(block []byte) ([]byte, error) {
	if s.aead == nil {
		return block, nil
	}
	return s.aead.Open(nil, s.nonce(), block, s.header)
}
