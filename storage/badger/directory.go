package badger

import (
	"context"
	"io"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/backup"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
)

// Options say how to open a store.
type Options = directory.Options

// DefaultReserve is how many bytes of the disk stay free; see Options.ReserveBytes.
const DefaultReserve = directory.DefaultReserve

// ErrInUse means that another process, or another Store of this one, has the
// directory open. It may be over in a moment, where one server replaces another.
var ErrInUse = directory.ErrInUse

// ErrFull means that the disk has less room than the store keeps in reserve.
var ErrFull = disk.ErrFull

// Restore makes a store in an empty or absent directory of what a backup holds
// but the sessions: who was signed in signs in again. Options have the key that
// the store had when it was backed up. It fails without leaving anything unless
// the whole backup is there.
func Restore(ctx context.Context, o Options, from io.Reader) (backup.Info, error) {
	return kv.Restore(ctx, o, from)
}

// CheckDirectory reads everything of a store that nobody has open, and changes
// nothing if something is damaged; else it opens the store to read each record.
func CheckDirectory(ctx context.Context, o Options, report func(chat.Progress)) (chat.Check, error) {
	return kv.CheckDirectory(ctx, o, report)
}

// LostText is what stands in the place of a message that was lost.
const LostText = kv.LostText

// Salvaged is what Salvage has made of a damaged store.
type Salvaged = kv.Salvaged

// Salvage goes on with what is left of a damaged store that nobody has open: it
// copies all records that can be read into new files, and sets the damaged ones
// aside. It deletes nothing. Sessions are not copied, since one that has ended
// could come back; neither can it be told whether somebody who was erased lately
// came back. A store that is sound is left as it is.
func Salvage(ctx context.Context, o Options) (Salvaged, error) { return kv.Salvage(ctx, o) }

// SyncDirectory makes durable which files a directory has.
func SyncDirectory(path string) error { return disk.SyncDirectory(path) }
