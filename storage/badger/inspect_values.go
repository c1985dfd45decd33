package badger

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4/y"
)

// readValues compares the files of the value log with what names them.
func (in *inspection) readValues(context.Context) error {
	byNumber, numbers, err := in.numbered(".vlog")
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

func (in *inspection) readValueLog(name string, end int64, last bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in.files++
	base, whose := filepath.Base(name), "files that were attached"
	l, err := openLog(f, in.registry)
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
	for _, k := range in.known.Logs {
		if end == 0 {
			break // nothing is in it, and its head may not be on the disk yet
		}
		if k.Name == base && k.Header != hex.EncodeToString(l.header) {
			in.add(base, 0, whose, "it is another file than the one that was here")
		}
	}
	valid := l.size
	if last {
		if valid, err = l.each(f, logHeader, func(logEntry) error { return nil }); err != nil {
			return err
		}
		in.bytes += uint64(valid)
	}
	if valid < end {
		in.add(base, valid, whose, "it can be read up to here, and should go on to %d", end)
	}
	return nil
}

// readChunks reads the chunks of all files, which inspect leaves out.
func (in *inspection) readChunks(ctx context.Context) error {
	return in.eachChunk(ctx, func([]byte, valueAt, logEntry) error { return nil })
}

// eachChunk calls f for each chunk of a file that can be read, and notes those
// that can't.
func (in *inspection) eachChunk(ctx context.Context, f func([]byte, valueAt, logEntry) error) error {
	open := map[uint32]*os.File{}
	defer func() {
		for _, file := range open {
			_ = file.Close() // it was only read
		}
	}()
	for key, v := range in.values {
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
			if file, err = os.Open(filepath.Join(in.dir, name)); errors.Is(err, fs.ErrNotExist) {
				in.add(name, 0, describeKey([]byte(key)), "it is missing")
				continue
			} else if err != nil {
				return err
			}
			open[v.at.file] = file
		}
		e, err := in.valueOf(file, []byte(key), v)
		if err != nil {
			in.add(name, int64(v.at.offset), describeKey([]byte(key)), "%v", err)
			continue
		}
		in.bytes += uint64(e.size)
		if err := f([]byte(key), v, e); err != nil {
			return err
		}
		if in.tick != nil {
			in.tick(in.bytes)
		}
	}
	return nil
}

// valueOf reads an entry of the value log.
func (in *inspection) valueOf(f *os.File, key []byte, v valueAt) (logEntry, error) {
	l, err := openLog(f, in.registry)
	if err != nil {
		return logEntry{}, err
	}
	e, ok := l.at(f, int64(v.at.offset), int64(v.at.size))
	if !ok || string(y.ParseKey(e.key)) != string(key) {
		return e, badTable("the checksum is another")
	}
	return e, nil
}
