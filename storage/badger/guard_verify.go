package badger

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/parley-chat/parley/chat"
)

// verified is what reading tables has shown.
type verified struct {
	// unreadable is what is lost; misnamed are tables of which nothing is, as
	// long as their files are open.
	unreadable, misnamed []chat.Damage
	read                 uint64 // bytes
}

func (v *verified) all() []chat.Damage { return slices.Concat(v.unreadable, v.misnamed) }

// verifyAll reads all blocks of all tables.
func (g *guard) verifyAll(tick func(read uint64)) verified {
	return g.verifyTables(time.Now(), tick)
}

// verifyTables reads all blocks of the tables that were last verified before.
func (g *guard) verifyTables(before time.Time, tick func(read uint64)) (v verified) {
	g.mu.RLock()
	ids := slices.Sorted(maps.Keys(g.tables))
	g.mu.RUnlock()
	var buf []byte
	for _, id := range ids {
		g.mu.RLock()
		if t := g.tables[id]; t != nil && t.verified.Load() < before.UnixNano() {
			buf = slices.Grow(buf[:0], math.MaxUint16)
			g.verifyTable(t, buf, &v)
		}
		g.mu.RUnlock()
		if tick != nil {
			tick(v.read)
		}
	}
	return v
}

// verifyTable reads all blocks of one.
func (g *guard) verifyTable(t *guarded, buf []byte, v *verified) {
	now, sound := time.Now(), true
	lost := func(d *chat.Damage) {
		if d != nil {
			v.unreadable, sound = append(v.unreadable, *d), false
		}
	}
	for i := range t.first {
		select {
		case <-g.closing:
			return // nobody is left to tell
		default:
		}
		lost(g.verify(t, i, buf))
	}
	if t.file != nil {
		lost(g.verifyTail(t, t.file))
	}
	if d := g.verifyName(t); d != nil && sound {
		v.misnamed, sound = append(v.misnamed, *d), false
	} else if d != nil && t.file == nil {
		lost(d)
	}
	if sound {
		t.verified.Store(now.UnixNano())
	}
	v.read += uint64(t.size)
}

// verify reads one block.
func (g *guard) verify(t *guarded, i int, buf []byte) *chat.Damage {
	f := t.file
	if f == nil {
		var err error
		if f, err = os.Open(filepath.Join(g.dir, tableName(t.id))); err != nil {
			return nil // the watch tells of missing files
		}
		defer f.Close()
	}
	// Other errors are of the system, such as too many open files, and pass.
	if _, _, err := t.block(f, i, buf); errors.Is(err, errTable) && g.counts(t.id) {
		at, _ := t.place(i)
		return &chat.Damage{File: g.named(tableName(t.id)), Offset: max(at, 1), What: err.Error(), Records: t.describe(i)}
	}
	return nil
}

// verifyTail reads what is behind the blocks, and whether that is the end.
func (g *guard) verifyTail(t *guarded, f *os.File) *chat.Damage {
	bad := func(format string, args ...any) *chat.Damage {
		if !g.counts(t.id) {
			return nil
		}
		return &chat.Damage{File: g.named(tableName(t.id)), What: fmt.Sprintf(format, args...)}
	}
	tail := make([]byte, len(t.tail)+1)
	n, err := f.ReadAt(tail, t.size-int64(len(t.tail)))
	switch {
	case err != nil && err != io.EOF:
		return nil // of the system; there is a next look
	case err == nil || n != len(t.tail):
		return bad("it is not of %d bytes any more", t.size)
	}
	if !bytes.Equal(tail[:n], t.tail) {
		return bad("its index is another")
	}
	return nil
}

// verifyName looks at the file that has the table's name now, which need not be
// the one that is open: that can be read to its end.
func (g *guard) verifyName(t *guarded) *chat.Damage {
	f, err := os.Open(filepath.Join(g.dir, tableName(t.id)))
	if err != nil {
		if !g.counts(t.id) {
			return nil
		}
		if errors.Is(err, os.ErrNotExist) {
			return g.deletedTable(t.id)
		}
		return nil // of the system, such as too many open files; there is a next look
	}
	defer f.Close()
	return g.verifyTail(t, f)
}
