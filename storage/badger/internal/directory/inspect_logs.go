package directory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dgraph-io/badger/v4/y"
)

// Numbered returns the files with an extension by their numbers.
func (in *Inspection) Numbered(ext string) (map[uint32]string, []uint32, error) {
	names, err := filepath.Glob(filepath.Join(in.Dir, "*"+ext))
	if err != nil {
		return nil, nil, err
	}
	byNumber := map[uint32]string{}
	for _, name := range names {
		n, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ext), 10, 32)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: there is a file %q, a name that no file of a store has: move it away, and all is well", in.Path, filepath.Base(name))
		}
		byNumber[uint32(n)] = name
	}
	return byNumber, slices.Sorted(maps.Keys(byNumber)), nil
}

// ReadLogs reads what was written last, and looks for holes in it: from From
// on there is something of each commit, in a table or here.
func (in *Inspection) ReadLogs(ctx context.Context) error {
	byNumber, numbers, err := in.Numbered(".mem")
	if err != nil {
		return err
	}
	before := in.last
	for _, n := range numbers {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.readLog(byNumber[n], func(number uint64) {
			if from := in.Known.From; from > 0 && number > before+1 && number-1 >= from {
				in.add(filepath.Base(byNumber[n]), 0, "", "commits from %d to %d are missing before it", max(before+1, from), number-1)
			}
			before = max(before, number)
		}); err != nil {
			return err
		}
	}
	in.last = max(in.last, before)
	return nil
}

func (in *Inspection) readLog(name string, commit func(uint64)) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in.Files++
	l, err := openLog(f, in.Registry)
	if errors.Is(err, errNoLog) {
		return nil // as a crash leaves it; what should be in it is missed by its number
	}
	if err != nil {
		in.add(filepath.Base(name), 0, "", "%v", err)
		return nil
	}
	end, err := l.eachCommit(f, func(number uint64, entries []LogEntry) error {
		if number > 0 {
			commit(number)
		}
		for _, e := range entries {
			v := y.ValueStruct{Meta: e.meta, UserMeta: e.userMeta, ExpiresAt: e.expires, Value: e.Value}
			if err := in.readEntry(e.key, v); err != nil {
				return err
			}
		}
		return nil
	})
	in.Bytes += uint64(end)
	return err
}
