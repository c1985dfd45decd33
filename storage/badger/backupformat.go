package badger

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

// A backup is a line of text that says what it is, a line of JSON (see
// backupHeader), blocks, and a line of JSON (see backupTrailer) behind the
// last. A block is its length in 4 bytes, big-endian, and so many bytes; one
// of length 0 ends them. It holds whole records, in the order of their keys:
// the key and the value, each behind its length, the user meta byte, and when
// it expires, in seconds since 1970, 0 for never. Lengths and numbers are
// unsigned varints.
//
// With encryption each block is sealed by AES-GCM under a key that is derived
// from the store's (HKDF, SHA-256, with the header's salt). The nonce is the
// block's number; the header's line is authenticated with each block.
const (
	backupMagic = "Parley backup 1\n"
	backupBlock = 256 << 10
	// maxBackupBlock bounds what is read at once: a record may be a MiB.
	maxBackupBlock = 16 << 20
	maxBackupLine  = 4096
	// maxKey is the longest key of a record that the engine takes.
	maxKey = 65000
)

// backupHeader says what is in a backup.
type backupHeader struct {
	Created   time.Time `json:"created"`
	Schema    int       `json:"schema"`
	Encrypted bool      `json:"encrypted"`
	Salt      []byte    `json:"salt,omitempty"`
}

// backupTrailer tells that a backup is whole.
type backupTrailer struct {
	Records int `json:"records"`
	// SHA256 is of all bytes before the trailer, in hexadecimal.
	SHA256 string `json:"sha256"`
}

// sealer is how blocks are encrypted; one without aead leaves them as they are.
type sealer struct {
	aead   cipher.AEAD
	header []byte
	n      uint64
}

func newSealer(key []byte, h backupHeader, line []byte) (*sealer, error) {
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

// backupWriter writes a backup.
type backupWriter struct {
	w       *bufio.Writer
	sum     hash.Hash
	sealer  *sealer
	records int
}

func newBackupWriter(to io.Writer, key []byte) (*backupWriter, error) {
	h := backupHeader{Created: time.Now().UTC(), Schema: schemaVersion, Encrypted: len(key) > 0}
	if h.Encrypted {
		h.Salt = make([]byte, 32)
		rand.Read(h.Salt) // never fails
	}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	b := &backupWriter{w: bufio.NewWriterSize(to, 64<<10), sum: sha256.New()}
	if b.sealer, err = newSealer(key, h, line); err != nil {
		return nil, err
	}
	return b, b.write([]byte(backupMagic), line, []byte("\n"))
}

func (b *backupWriter) write(parts ...[]byte) error {
	for _, p := range parts {
		b.sum.Write(p)
		if _, err := b.w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// appendRecord appends a record to a block.
func appendRecord(block, key []byte, r record) []byte {
	block = appendText(block, string(key))
	block = appendText(block, string(r.value))
	block = append(block, r.meta)
	return binary.AppendUvarint(block, r.expires)
}

// writeBlock writes whole records.
func (b *backupWriter) writeBlock(block []byte, records int) error {
	b.records += records
	block = b.sealer.seal(block)
	return b.write(binary.BigEndian.AppendUint32(nil, uint32(len(block))), block)
}

// finish tells that it is whole.
func (b *backupWriter) finish() error {
	if err := b.write(make([]byte, 4)); err != nil {
		return err
	}
	line, err := json.Marshal(backupTrailer{b.records, hex.EncodeToString(b.sum.Sum(nil))})
	if err != nil {
		return err
	}
	if _, err := b.w.Write(append(line, '\n')); err != nil {
		return err
	}
	return b.w.Flush()
}

// errDamaged is any way in which a backup is not what was written.
var errDamaged = errors.New("the backup is incomplete or damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// backupReader reads a backup.
type backupReader struct {
	r      *bufio.Reader
	sum    hash.Hash
	header backupHeader
	line   []byte
}

func newBackupReader(from io.Reader) (*backupReader, error) {
	b := &backupReader{r: bufio.NewReaderSize(from, 64<<10), sum: sha256.New()}
	magic := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(b.r, magic); err != nil || string(magic) != backupMagic {
		return nil, errors.New("this is no backup that Parley has made")
	}
	line, err := b.readLine()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(line, &b.header); err != nil {
		return nil, damaged("its header can't be read")
	}
	b.line = bytes.TrimSuffix(line, []byte("\n"))
	b.sum.Write(magic)
	b.sum.Write(line)
	return b, nil
}

func (b *backupReader) readLine() ([]byte, error) {
	var line []byte
	for len(line) < maxBackupLine {
		c, err := b.r.ReadByte()
		if err != nil {
			return nil, damaged("it ends too soon")
		}
		if line = append(line, c); c == '\n' {
			return line, nil
		}
	}
	return nil, damaged("a line is too long")
}

// nextBlock returns the next block as it was written, nil behind the last.
func (b *backupReader) nextBlock() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(b.r, size[:]); err != nil {
		return nil, damaged("it ends too soon")
	}
	b.sum.Write(size[:])
	n := binary.BigEndian.Uint32(size[:])
	if n == 0 {
		return nil, nil
	}
	if n > maxBackupBlock {
		return nil, damaged("a block has %d bytes", n)
	}
	block := make([]byte, n)
	if _, err := io.ReadFull(b.r, block); err != nil {
		return nil, damaged("it ends too soon")
	}
	b.sum.Write(block)
	return block, nil
}

// trailer reads what is behind the last block, and checks all of it.
func (b *backupReader) trailer() (t backupTrailer, err error) {
	sum := hex.EncodeToString(b.sum.Sum(nil))
	line, err := b.readLine()
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(line, &t); err != nil {
		return t, damaged("its last line can't be read")
	}
	if t.SHA256 != sum {
		return t, damaged("its checksum is wrong")
	}
	if _, err := b.r.ReadByte(); err != io.EOF {
		return t, damaged("there is more behind its end")
	}
	return t, nil
}

// cutRecord takes the first record of a block.
func cutRecord(block []byte) (key []byte, r record, rest []byte, err error) {
	k, rest, ok := cutBytes(block)
	if !ok {
		return nil, r, nil, damaged("a record is cut off")
	}
	if len(k) == 0 || len(k) > maxKey || bytes.HasPrefix(k, enginePrefix) {
		return nil, r, nil, damaged("a record has a key of %d bytes that the store never had", len(k))
	}
	if r.value, rest, ok = cutBytes(rest); !ok || len(rest) < 2 {
		return nil, r, nil, damaged("a record is cut off")
	}
	r.meta = rest[0]
	expires, used := binary.Uvarint(rest[1:])
	if used <= 0 {
		return nil, r, nil, damaged("a record is cut off")
	}
	r.expires = expires
	return k, r, rest[1+used:], nil
}
