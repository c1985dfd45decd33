package directory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/parley-chat/parley/internal/panics"
)

// Table is what the end of a table's file says of its blocks, read by
// system calls and not from a memory map, and with its checksum verified. The
// engine trusts the same bytes without looking at them again.
type Table struct {
	Id      uint64
	Size    int64
	Sum     uint64 // checksum of the index, which tells two tables apart
	Maximum uint64 // the highest commit in it
	key     *pb.DataKey
	index   *fb.TableIndex
	bloom   y.Filter
	First   [][]byte // first key of each block
	Biggest []byte
	Tail    []byte // what is behind the blocks, as it is in the file
}

// ErrTable is a damaged table: it is not as it was written.
var ErrTable = errors.New("not as it was written")

// BadTable is an ErrTable that says what is wrong.
func BadTable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTable, fmt.Sprintf(format, args...))
}

// maxIndex bounds what is read of a table at once: its index is some percent
// of 9 MiB.
const maxIndex = 64 << 20

// ReadTable reads a table's index. Key is nil for one that is not encrypted.
func ReadTable(f io.ReaderAt, id uint64, size int64, key *pb.DataKey) (t *Table, err error) {
	defer panics.Handle(func(p *panics.Panic) { // the index is a structure of offsets, made by somebody else
		t, err = nil, BadTable("its index can't be read (%v)", p.Value)
	})
	end := size
	cut := func(n int64) ([]byte, error) {
		if n < 0 || n > maxIndex || n > end {
			return nil, BadTable("its last bytes give a length of %d", n)
		}
		b := make([]byte, n)
		end -= n
		if _, err := f.ReadAt(b, end); err != nil {
			return nil, BadTable("reading its last bytes: %v", err)
		}
		return b, nil
	}
	number := func() (int64, error) {
		b, err := cut(4)
		if err != nil {
			return 0, err
		}
		return int64(binary.BigEndian.Uint32(b)), nil
	}
	part := func() ([]byte, error) {
		n, err := number()
		if err != nil {
			return nil, err
		}
		return cut(n)
	}
	sum, err := part()
	if err != nil {
		return nil, err
	}
	index, err := part()
	if err != nil {
		return nil, err
	}
	expected, err := verifySum(index, sum)
	if err != nil {
		return nil, BadTable("its index: %v", err)
	}
	if key != nil {
		if index, err = decrypt(index, key); err != nil {
			return nil, BadTable("its index: %v", err)
		}
	}
	t = &Table{Id: id, Size: size, Sum: expected, key: key, index: fb.GetRootAsTableIndex(index, 0)}
	t.Maximum, t.bloom = t.index.MaxVersion(), y.Filter(t.index.BloomFilterBytes())
	next := int64(0)
	for i := range t.index.OffsetsLength() {
		var at fb.BlockOffset
		if !t.index.Offsets(&at, i) || int64(at.Offset()) != next {
			return nil, BadTable("its index does not name all of it")
		}
		next += int64(at.Len())
		t.First = append(t.First, at.KeyBytes())
	}
	if next != end || len(t.First) == 0 {
		return nil, BadTable("its blocks end at %d, its index begins at %d", next, end)
	}
	t.Tail = make([]byte, size-end)
	if _, err := f.ReadAt(t.Tail, end); err != nil {
		return nil, BadTable("reading its last bytes: %v", err)
	}
	if key == nil { // one copy is enough
		t.index = fb.GetRootAsTableIndex(t.Tail[:len(index)], 0)
		t.bloom = y.Filter(t.index.BloomFilterBytes())
		for i := range t.First {
			var at fb.BlockOffset
			t.index.Offsets(&at, i)
			t.First[i] = at.KeyBytes()
		}
	}
	return t, nil
}

// IdentifyTable returns what tells a table from others.
func IdentifyTable(name string, id uint64, key *pb.DataKey) (k KnownTable, err error) {
	f, err := os.Open(name)
	if err != nil {
		return k, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return k, err
	}
	t, err := ReadTable(f, id, info.Size(), key)
	if err != nil {
		return k, err
	}
	return KnownTable{id, t.Size, t.Sum}, nil
}
