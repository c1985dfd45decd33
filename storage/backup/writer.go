package backup

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"time"
)

// Writer writes a backup.
type Writer struct {
	w       *bufio.Writer
	sum     hash.Hash
	sealer  *sealer
	records int
}

// NewWriter begins a backup of records whose layout has a version. It is
// encrypted if there is a key, of 16, 24 or 32 bytes.
func NewWriter(to io.Writer, key []byte, schema int) (*Writer, error) {
	h := header{Created: time.Now().UTC(), Schema: schema, Encrypted: len(key) > 0}
	if h.Encrypted {
		h.Salt = make([]byte, 32)
		rand.Read(h.Salt) // never fails
	}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	b := &Writer{w: bufio.NewWriterSize(to, 64<<10), sum: sha256.New()}
	if b.sealer, err = newSealer(key, h, line); err != nil {
		return nil, err
	}
	return b, b.write([]byte(magic), line, []byte("\n"))
}

func (b *Writer) write(parts ...[]byte) error {
	for _, p := range parts {
		b.sum.Write(p)
		if _, err := b.w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// WriteBlock writes a block of whole records, and may change its bytes.
func (b *Writer) WriteBlock(block []byte, records int) error {
	b.records += records
	block = b.sealer.seal(block)
	return b.write(binary.BigEndian.AppendUint32(nil, uint32(len(block))), block)
}

// Finish writes what tells that the backup is whole.
func (b *Writer) Finish() error {
	if err := b.write(make([]byte, 4)); err != nil {
		return err
	}
	line, err := json.Marshal(trailer{b.records, hex.EncodeToString(b.sum.Sum(nil))})
	if err != nil {
		return err
	}
	if _, err := b.w.Write(append(line, '\n')); err != nil {
		return err
	}
	return b.w.Flush()
}
