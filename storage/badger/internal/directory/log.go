package directory

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"strconv"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
)

// What the engine notes of an entry.
const (
	EntryDeleted = 1 << 0
	EntryPointer = 1 << 1 // the value is in the value log
	entryInTxn   = 1 << 6
	entryEndsTxn = 1 << 7
)

// LogHeader is how many bytes of a log come before its first entry: the number
// of the key that it is encrypted with, and random bytes that no other log has.
const LogHeader = 20

// LogEntry is one entry of a log. Its key has the commit's number behind it.
type LogEntry struct {
	meta, userMeta byte
	key, Value     []byte
	expires        uint64
	offset, size   int64
}

// pointer is where in the value log a value is.
type pointer struct{ file, size, offset uint32 }

func parsePointer(b []byte) (p pointer, ok bool) {
	if len(b) < 12 {
		return p, false
	}
	n := binary.NativeEndian
	return pointer{n.Uint32(b), n.Uint32(b[4:]), n.Uint32(b[8:])}, true
}

func (p pointer) end() int64 { return int64(p.offset) + int64(p.size) }

// Log is a .mem or .vlog file, read by system calls.
type Log struct {
	header []byte
	key    *pb.DataKey // nil if it is not encrypted
	size   int64
}

var errNoLog = errors.New("its first bytes are missing")

func openLog(f *os.File, registry *engine.KeyRegistry) (*Log, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	l := &Log{header: make([]byte, LogHeader), size: info.Size()}
	if _, err := f.ReadAt(l.header, 0); err != nil {
		return nil, errNoLog
	}
	l.key, err = registry.DataKey(binary.BigEndian.Uint64(l.header))
	return l, err
}

// each calls f for each entry from an offset on, up to the first that is none,
// and returns where that is.
func (l *Log) each(file io.ReaderAt, offset int64, f func(LogEntry) error) (end int64, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(file, offset, l.size-offset), 128<<10)
	for end = offset; ; {
		e, ok := l.next(r, end)
		if !ok {
			return end, nil
		}
		if err := f(e); err != nil {
			return end, err
		}
		end += e.size
	}
}

// next reads one entry, or reports that there is none.
func (l *Log) next(r *bufio.Reader, offset int64) (e LogEntry, ok bool) {
	head, _ := r.Peek(2 + 3*binary.MaxVarintLen64)
	if len(head) < 5 {
		return e, false
	}
	n := 2
	var numbers [3]uint64
	for i := range numbers {
		var used int
		if numbers[i], used = binary.Uvarint(head[n:]); used <= 0 {
			return e, false
		}
		n += used
	}
	keySize, valueSize := int64(numbers[0]), int64(numbers[1])
	rest := l.size - offset - int64(n) - crc32.Size
	if keySize < 0 || keySize > 1<<16 || valueSize < 0 || valueSize > rest || keySize+valueSize > rest {
		return e, false
	}
	all := make([]byte, int64(n)+keySize+valueSize+crc32.Size)
	if _, err := io.ReadFull(r, all); err != nil {
		return e, false
	}
	body := all[:len(all)-crc32.Size]
	if crc32.Checksum(body, y.CastagnoliCrcTable) != binary.BigEndian.Uint32(all[len(body):]) {
		return e, false
	}
	e = LogEntry{meta: all[0], userMeta: all[1], expires: numbers[2], offset: offset, size: int64(len(all))}
	kv := body[n:]
	if l.key != nil {
		iv := binary.BigEndian.AppendUint32(bytes.Clone(l.header[8:LogHeader]), uint32(offset))
		var err error
		if kv, err = y.XORBlockAllocate(kv, l.key.Data, iv); err != nil {
			return e, false
		}
	}
	e.key, e.Value = kv[:keySize], kv[keySize:]
	return e, true
}

// eachCommit calls f with the number and the entries of each commit that is
// whole, as the engine does when it reads its log, and returns where they end.
// Number is 0 for entries that the engine has moved by itself.
func (l *Log) eachCommit(file io.ReaderAt, f func(number uint64, entries []LogEntry) error) (end int64, err error) {
	end = LogHeader
	errTorn := errors.New("torn")
	var (
		number uint64
		open   []LogEntry
	)
	_, err = l.each(file, LogHeader, func(e LogEntry) error {
		switch {
		case e.meta&entryInTxn > 0:
			if len(e.key) < 8 || number != 0 && number != y.ParseTs(e.key) {
				return errTorn
			}
			number = y.ParseTs(e.key)
			open = append(open, e)
			return nil
		case e.meta&entryEndsTxn > 0:
			n, err := strconv.ParseUint(string(e.Value), 10, 64)
			if err != nil || n != number {
				return errTorn
			}
		case number != 0:
			return errTorn
		default:
			open = append(open, e)
		}
		err := f(number, open)
		number, open = 0, nil
		end = e.offset + e.size
		return err
	})
	if errors.Is(err, errTorn) {
		err = nil
	}
	return end, err
}

// at reads the entry of so many bytes at an offset.
func (l *Log) at(file io.ReaderAt, offset, size int64) (LogEntry, bool) {
	if offset < LogHeader || offset+size > l.size {
		return LogEntry{}, false
	}
	e, ok := l.next(bufio.NewReader(io.NewSectionReader(file, offset, size)), offset)
	return e, ok && e.size == size && len(e.key) > 8
}
