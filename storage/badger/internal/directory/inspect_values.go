package directory

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4/y"

	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// readValues compares the files of the value log with what names them.
func (in *Inspection) readValues(context.Context) error {
	byNumber, numbers, err := in.Numbered(".vlog")
	if err != nil {
		return err
	}
	var last uint32
	if len(numbers) > 0 {
		last = numbers[len(numbers)-1]
	}
	for n, end := range in.ends {
		if n > last { // the engine never deletes the last one
			in.add(fmt.Sprintf("%06d.vlog", n), 0, "files that were attached", "it is missing, up to %d", end)
		}
	}
	for _, n := range numbers {
		if err := in.readValueLog(byNumber[n], in.ends[n], n == last); err != nil {
			return err
		}
	}
	return nil
}

func (in *Inspection) readValueLog(name string, end int64, last bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in.Files++
	base, whose := filepath.Base(name), "files that were attached"
	l, err := openLog(f, in.Registry)
	if errors.Is(err, errNoLog) {
		if end > 0 && last {
			in.add(base, 0, whose, "%v", err)
		}
		return nil // one that the engine was deleting
	}
	if err != nil {
		in.add(base, 0, whose, "%v", err)
		return nil
	}
	for _, k := range in.Known.Logs {
		if end == 0 {
			break // nothing is in it, and its head may not be on the disk yet
		}
		if k.Name == base && k.Header != hex.EncodeToString(l.header) {
			in.add(base, 0, whose, "it is another file than the one that was here")
		}
	}
	valid := l.size
	if last {
		if valid, err = l.each(f, LogHeader, func(LogEntry) error { return nil }); err != nil {
			return err
		}
		in.Bytes += uint64(valid)
	}
	if valid < end {
		in.add(base, valid, whose, "it can be read up to here, and should go on to %d", end)
	}
	return nil
}

// ReadChunks reads the chunks of all files, which Inspect leaves out.
func (in *Inspection) ReadChunks(ctx context.Context) error {
	return in.EachChunk(ctx, func([]byte, ValueAt, LogEntry) error { return nil })
}

// EachChunk calls f for each chunk of a file that can be read, and notes those
// that can't.
func (in *Inspection) EachChunk(ctx context.Context, f func([]byte, ValueAt, LogEntry) error) error {
	open := map[uint32]*os.File{}
	defer func() {
		for _, file := range open {
			_ = file.Close() // it was only read
		}
	}()
	for key, v := range in.Values {
		if err := ctx.Err(); err != nil {
			return err
		}
		if v.gone {
			continue
		}
		name := fmt.Sprintf("%06d.vlog", v.at.file)
		file := open[v.at.file]
		if file == nil {
			var err error
			if file, err = os.Open(filepath.Join(in.Dir, name)); errors.Is(err, fs.ErrNotExist) {
				in.add(name, 0, layout.DescribeKey([]byte(key)), "it is missing")
				continue
			} else if err != nil {
				return err
			}
			open[v.at.file] = file
		}
		e, err := in.valueOf(file, []byte(key), v)
		if err != nil {
			in.add(name, int64(v.at.offset), layout.DescribeKey([]byte(key)), "%v", err)
			continue
		}
		in.Bytes += uint64(e.size)
		if err := f([]byte(key), v, e); err != nil {
			return err
		}
		if in.Tick != nil {
			in.Tick(in.Bytes)
		}
	}
	return nil
}

// valueOf reads an entry of the value log.
func (in *Inspection) valueOf(f *os.File, key []byte, v ValueAt) (LogEntry, error) {
	l, err := openLog(f, in.Registry)
	if err != nil {
		return LogEntry{}, err
	}
	e, ok := l.at(f, int64(v.at.offset), int64(v.at.size))
	if !ok || string(y.ParseKey(e.key)) != string(key) {
		return e, BadTable("the checksum is another")
	}
	return e, nil
}
