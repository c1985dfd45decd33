package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"time"
)

// Reader reads a backup.
type Reader struct {
	r      *bufio.Reader
	sum    hash.Hash
	header header
	line   []byte
}

// NewReader reads the header of a backup.
func NewReader(from io.Reader) (*Reader, error) {
	b := &Reader{r: bufio.NewReaderSize(from, 64<<10), sum: sha256.New()}
	first := make([]byte, len(magic))
	if _, err := io.ReadFull(b.r, first); err != nil || string(first) != magic {
		return nil, errors.New("not a Parley backup")
	}
	line, err := b.readLine()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(line, &b.header); err != nil {
		return nil, damaged("its header can't be read")
	}
	b.line = bytes.TrimSuffix(line, []byte("\n"))
	b.sum.Write(first)
	b.sum.Write(line)
	return b, nil
}

func (b *Reader) readLine() ([]byte, error) {
	var line []byte
	for len(line) < maxLine {
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
func (b *Reader) nextBlock() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(b.r, size[:]); err != nil {
		return nil, damaged("it ends too soon")
	}
	b.sum.Write(size[:])
	n := binary.BigEndian.Uint32(size[:])
	if n == 0 {
		return nil, nil
	}
	if n > maxBlock {
		return nil, damaged("a block has %d bytes", n)
	}
	block := make([]byte, n)
	if _, err := io.ReadFull(b.r, block); err != nil {
		return nil, damaged("it ends too soon")
	}
	b.sum.Write(block)
	return block, nil
}

// Schema is the version of the layout of the records.
func (b *Reader) Schema() int { return b.header.Schema }

// Encrypted tells whether a key is needed to read the records.
func (b *Reader) Encrypted() bool { return b.header.Encrypted }

// ErrKey means that a backup was made with another key.
var ErrKey = errors.New("the encryption key does not fit the backup: it was made with another key")

// Each calls f for each record, with the key that the backup was made with, nil
// for none, and checks the backup to its end. What f gets is f's only while it
// runs. It returns what the backup holds.
func (b *Reader) Each(key []byte, f func(Record) error) (Info, error) {
	sealer, err := newSealer(key, b.header, b.line)
	if err != nil {
		return Info{}, err
	}
	records, last := 0, []byte(nil)
	for first := true; ; first = false {
		block, err := b.nextBlock()
		if err != nil {
			return Info{}, err
		}
		if block == nil {
			break
		}
		if block, err = sealer.open(block); err != nil && first {
			return Info{}, ErrKey
		} else if err != nil {
			return Info{}, damaged("a block was changed")
		}
		for ; len(block) > 0; records++ {
			var r Record
			if r, block, err = cutRecord(block); err != nil {
				return Info{}, err
			}
			if bytes.Compare(r.Key, last) <= 0 {
				return Info{}, damaged("the record %q is out of order", r.Key)
			}
			last = append(last[:0], r.Key...)
			if err := f(r); err != nil {
				return Info{}, err
			}
		}
	}
	info, err := b.end()
	if err == nil && info.Records != records {
		err = damaged("it has %d records of %d", records, info.Records)
	}
	return info, err
}

// Info says what a backup holds.
type Info struct {
	Created   time.Time
	Encrypted bool
	Records   int
}

// Verify reads a backup to its end and checks that it is whole. It needs no key.
func Verify(r io.Reader) (Info, error) {
	b, err := NewReader(r)
	if err != nil {
		return Info{}, err
	}
	for {
		block, err := b.nextBlock()
		if err != nil {
			return Info{}, err
		}
		if block == nil {
			return b.end()
		}
	}
}

// end reads what is behind the last block, and checks all of it.
func (b *Reader) end() (Info, error) {
	var t trailer
	sum := hex.EncodeToString(b.sum.Sum(nil))
	line, err := b.readLine()
	if err != nil {
		return Info{}, err
	}
	if err := json.Unmarshal(line, &t); err != nil {
		return Info{}, damaged("its last line can't be read")
	}
	if t.SHA256 != sum {
		return Info{}, damaged("its checksum is wrong")
	}
	if _, err := b.r.ReadByte(); err != io.EOF {
		return Info{}, damaged("there is more behind its end")
	}
	return Info{b.header.Created, b.header.Encrypted, t.Records}, nil
}
