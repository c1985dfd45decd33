package directory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"google.golang.org/protobuf/proto"
)

// verifySum compares bytes with a checksum as the engine stores it.
func verifySum(data, sum []byte) (uint64, error) {
	var expected pb.Checksum
	if err := proto.Unmarshal(sum, &expected); err != nil {
		return 0, errors.New("the checksum can't be read")
	}
	if expected.Algo != pb.Checksum_CRC32C && expected.Algo != pb.Checksum_XXHash64 {
		return 0, errors.New("the checksum is of an unknown kind")
	}
	if y.VerifyChecksum(data, &expected) != nil {
		return expected.Sum, errors.New("its checksum is wrong")
	}
	return expected.Sum, nil
}

func decrypt(b []byte, key *pb.DataKey) ([]byte, error) {
	if len(b) < 16 {
		return nil, layout.ErrShort
	}
	iv, b := b[len(b)-16:], b[:len(b)-16]
	out := make([]byte, len(b))
	return out, y.XORBlock(out, b, key.Data, iv)
}

// Block reads a block into buf and verifies it. It returns the entries and
// where each begins.
func (t *Table) Block(f io.ReaderAt, i int, buf []byte) (entries, offsets []byte, err error) {
	at, size := t.Place(i)
	buf = slices.Grow(buf[:0], int(size))[:size]
	if _, err := f.ReadAt(buf, at); err != nil {
		return nil, nil, BadTable("reading it: %v", err)
	}
	if t.key != nil {
		if buf, err = decrypt(buf, t.key); err != nil {
			return nil, nil, BadTable("%v", err)
		}
	}
	n := len(buf) - 4
	if n < 0 {
		return nil, nil, BadTable("it is too short")
	}
	sum := int(binary.BigEndian.Uint32(buf[n:]))
	if sum < 0 || sum > n-4 {
		return nil, nil, BadTable("it gives a checksum of %d bytes", sum)
	}
	body := buf[:n-sum]
	if _, err := verifySum(body, buf[n-sum:n]); err != nil {
		return nil, nil, BadTable("%v", err)
	}
	n = len(body) - 4
	count := int(binary.BigEndian.Uint32(body[n:]))
	if count < 1 || count > n/4 {
		return nil, nil, BadTable("it gives %d entries", count)
	}
	return body[:n-4*count], body[n-4*count : n], nil
}

// FindBiggest reads the last key.
func (t *Table) FindBiggest(f io.ReaderAt) error {
	entries, offsets, err := t.Block(f, len(t.First)-1, nil)
	if err != nil {
		return err
	}
	return eachEntry(entries, offsets, func(key []byte, _ y.ValueStruct) error {
		t.Biggest = append(t.Biggest[:0], y.ParseKey(key)...)
		return nil
	})
}

// Place is where a block is and how many bytes it has.
func (t *Table) Place(i int) (at, size int64) {
	var b fb.BlockOffset
	t.index.Offsets(&b, i)
	return int64(b.Offset()), int64(b.Len())
}

// eachEntry calls f for each entry of a verified block. What it gets is f's only
// while it runs. Keys have the commit's number behind them.
func eachEntry(entries, offsets []byte, f func(key []byte, v y.ValueStruct) error) (err error) {
	defer panics.Handle(func(p *panics.Panic) { err = BadTable("an entry can't be read (%v)", p.Value) })
	var base, key []byte
	for i := 0; i < len(offsets); i += 4 {
		from, to := int(binary.NativeEndian.Uint32(offsets[i:])), len(entries)
		if i+4 < len(offsets) {
			to = int(binary.NativeEndian.Uint32(offsets[i+4:]))
		}
		e := entries[from:to]
		overlap, diff := int(binary.NativeEndian.Uint16(e)), int(binary.NativeEndian.Uint16(e[2:]))
		if i == 0 {
			base = e[4 : 4+diff]
		}
		key = append(append(key[:0], base[:overlap]...), e[4:4+diff]...)
		var v y.ValueStruct
		v.Decode(e[4+diff:])
		if err := f(key, v); err != nil {
			return err
		}
	}
	return nil
}

// BlocksOf returns the blocks that any version of a key can be in, from one to
// another, the latter not included; none if they can't be in the table.
func (t *Table) BlocksOf(key []byte, hash uint32) (from, to int) {
	if len(t.bloom) > 0 && !t.bloom.MayContain(hash) {
		return 0, 0
	}
	compare := func(first, key []byte) int { return bytes.Compare(y.ParseKey(first), key) }
	// The first block that begins with a greater key: not that any more.
	to, _ = slices.BinarySearchFunc(t.First, key, func(first, key []byte) int {
		if compare(first, key) > 0 {
			return 1
		}
		return -1
	})
	// The last block that begins with a smaller key may end with this one.
	from, _ = slices.BinarySearchFunc(t.First, key, compare)
	return max(from-1, 0), to
}
