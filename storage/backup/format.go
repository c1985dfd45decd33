// Package backup is the format of a backup: a stream of records, in the order of
// their keys, that tells whether it is whole and may be encrypted. It knows
// nothing of what the records hold, nor of what stores them.
package backup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// A backup is a line of text that says what it is, a line of JSON (see header),
// blocks, and a line of JSON (see trailer) behind the last. A block is its length
// in 4 bytes, big-endian, and so many bytes; one of length 0 ends them. It holds
// whole records, in the order of their keys: the key and the value, each behind
// its length, the user meta byte, and when it expires, in seconds since 1970, 0
// for never. Lengths and numbers are unsigned varints.
//
// With encryption each block is sealed by AES-GCM under a key that is derived
// from the store's (HKDF, SHA-256, with the header's salt). The nonce is the
// block's number; the header's line is authenticated with each block.
const (
	magic = "Parley backup 1\n"
	// BlockSize is how many bytes of records a block should have.
	BlockSize = 256 << 10
	// maxBlock bounds what is read at once: a record may be a MiB.
	maxBlock = 16 << 20
	maxLine  = 4096
	// MaxKey is the longest key of a record, in bytes.
	MaxKey = 65000
)

// header says what is in a backup.
type header struct {
	Created   time.Time `json:"created"`
	Schema    int       `json:"schema"`
	Encrypted bool      `json:"encrypted"`
	Salt      []byte    `json:"salt,omitempty"`
}

// trailer tells that a backup is whole.
type trailer struct {
	Records int `json:"records"`
	// SHA256 is of all bytes before the trailer, in hexadecimal.
	SHA256 string `json:"sha256"`
}

// ErrDamaged is any way in which a backup is not what was written.
var ErrDamaged = errors.New("the backup is incomplete or damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// Record is one record of a backup.
type Record struct {
	Key, Value []byte
	// Meta is what is kept beside the value.
	Meta byte
	// Expires is when it is forgotten, in seconds since 1970; zero for never.
	Expires uint64
}

// AppendRecord appends a record to a block.
func AppendRecord(block []byte, r Record) []byte {
	for _, text := range [][]byte{r.Key, r.Value} {
		block = binary.AppendUvarint(block, uint64(len(text)))
		block = append(block, text...)
	}
	return binary.AppendUvarint(append(block, r.Meta), r.Expires)
}

// cutRecord takes the first record of a block, of which its key and value are
// parts.
func cutRecord(block []byte) (r Record, rest []byte, err error) {
	key, rest, ok := cutText(block)
	if !ok {
		return r, nil, damaged("a record is cut off")
	}
	if len(key) == 0 || len(key) > MaxKey {
		return r, nil, damaged("a record has a key of %d bytes that the store never had", len(key))
	}
	value, rest, ok := cutText(rest)
	if !ok || len(rest) < 2 {
		return r, nil, damaged("a record is cut off")
	}
	expires, used := binary.Uvarint(rest[1:])
	if used <= 0 {
		return r, nil, damaged("a record is cut off")
	}
	return Record{key, value, rest[0], expires}, rest[1+used:], nil
}

func cutText(b []byte) (text, rest []byte, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, false
	}
	return b[used : used+int(n)], b[used+int(n):], true
}
