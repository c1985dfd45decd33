package directory

import (
	"fmt"
	"log/slog"

	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// DefaultReserve is how many bytes of the disk stay free; see Options.ReserveBytes.
const DefaultReserve = 112 << 20

// Options say how to open a store.
type Options struct {
	// Path is the directory. It and its parents are created where missing,
	// for this user alone.
	Path string
	// EncryptionKey encrypts all data at rest with AES. It is 16, 24 or 32
	// bytes long; nil for none. It can't be added, changed or taken away later.
	EncryptionKey []byte
	// MustExist refuses to begin a new store where there is none.
	MustExist bool
	// Logger receives what the store has to say; nil for nobody.
	Logger *slog.Logger
	// ReserveBytes is how much of the disk must stay free for a write to be
	// accepted, and half of it for the store to open. The engine writes through
	// memory maps of sparse files, so a disk that fills up behind its back
	// would end the whole process. The default, DefaultReserve, is what it may
	// write by itself after the last accepted message: see docs/storage.md.
	ReserveBytes uint64
	// Free reports how many bytes are free for this process on the disk that
	// holds a path; nil asks the system. It is a seam for tests.
	Free func(path string) (uint64, error)
}

// SetDefaults puts defaults in the place of what is not set, and checks the rest.
func (o *Options) SetDefaults() error {
	if o.Path == "" {
		return fmt.Errorf("no path given")
	}
	switch len(o.EncryptionKey) {
	case 0, 16, 24, 32:
	default:
		return fmt.Errorf("the encryption key has %d bytes; it needs 16, 24 or 32", len(o.EncryptionKey))
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.ReserveBytes == 0 {
		o.ReserveBytes = DefaultReserve
	}
	if o.Free == nil {
		o.Free = disk.Free
	}
	return nil
}
