package database

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
	"syscall"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
)

// Verified is what reading tables has shown.
type Verified struct {
	// unreadable is what is lost; misnamed are tables of which nothing is, as
	// long as their files are open.
	Unreadable, misnamed []chat.Damage
	Read                 uint64 // bytes
}

// All is the damage of both sorts.
func (v *Verified) All() []chat.Damage { return slices.Concat(v.Unreadable, v.misnamed) }

// VerifyAll reads all blocks of all tables.
func (g *Verifier) VerifyAll(tick func(read uint64)) Verified {
	return g.VerifyTables(time.Now(), tick)
}

// VerifyTables reads all blocks of the tables that were last verified before.
func (g *Verifier) VerifyTables(before time.Time, tick func(read uint64)) (v Verified) {
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
			tick(v.Read)
		}
	}
	return v
}

// verifyTable reads all blocks of one.
func (g *Verifier) verifyTable(t *verifiedTable, buf []byte, v *Verified) {
	now, sound := time.Now(), true
	lost := func(d *chat.Damage) {
		if d != nil {
			v.Unreadable, sound = append(v.Unreadable, *d), false
		}
	}
	for i := range t.First {
		select {
		case <-g.Closing:
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
	v.Read += uint64(t.Size)
}

// verify reads one block.
func (g *Verifier) verify(t *verifiedTable, i int, buf []byte) *chat.Damage {
	f := t.file
	if f == nil {
		var err error
		if f, err = os.Open(filepath.Join(g.Dir, directory.TableName(t.Id))); err != nil {
			return nil // the watch tells of missing files
		}
		defer f.Close()
	}
	if _, _, err := t.Block(f, i, buf); isDamage(err) && g.Counts(t.Id) {
		at, _ := t.Place(i)
		return &chat.Damage{File: g.Named(directory.TableName(t.Id)), Offset: max(at, 1), What: err.Error(), Records: t.Describe(i)}
	}
	return nil
}

// isDamage reports whether an error means that the file can't be read. Others are of
// the system, such as too many open files, and pass.
func isDamage(err error) bool {
	return errors.Is(err, directory.ErrTable) || errors.Is(err, syscall.EIO)
}

// verifyTail reads what is behind the blocks, and whether that is the end.
func (g *Verifier) verifyTail(t *verifiedTable, f *os.File) *chat.Damage {
	bad := func(format string, args ...any) *chat.Damage {
		if !g.Counts(t.Id) {
			return nil
		}
		return &chat.Damage{File: g.Named(directory.TableName(t.Id)), What: fmt.Sprintf(format, args...)}
	}
	tail := make([]byte, len(t.Tail)+1)
	n, err := f.ReadAt(tail, t.Size-int64(len(t.Tail)))
	switch {
	case isDamage(err):
		return bad("its index can't be read: %v", err)
	case err != nil && err != io.EOF:
		return nil // of the system; there is a next look
	case err == nil || n != len(t.Tail):
		return bad("it is not of %d bytes any more", t.Size)
	}
	if !bytes.Equal(tail[:n], t.Tail) {
		return bad("its index is another")
	}
	return nil
}

// verifyName looks at the file that has the table's name now, which need not be
// the one that is open: that can be read to its end.
func (g *Verifier) verifyName(t *verifiedTable) *chat.Damage {
	f, err := os.Open(filepath.Join(g.Dir, directory.TableName(t.Id)))
	if err != nil {
		if !g.Counts(t.Id) {
			return nil
		}
		if errors.Is(err, os.ErrNotExist) {
			return g.DeletedTable(t.Id)
		}
		return nil // of the system, such as too many open files; there is a next look
	}
	defer f.Close()
	return g.verifyTail(t, f)
}
