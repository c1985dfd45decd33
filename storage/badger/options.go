package badger

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
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

	// beforeWrite is called by the engine when it is about to write; nil for
	// nothing.
	beforeWrite func()

	// For tests: how old a look at the disk may be, what to do after each
	// commit, how many conversations one Expire deletes, and what verified reads
	// cost.
	lookEvery   time.Duration
	afterCommit func()
	expireMost  int
	unverified  bool // for a comparison: without verified reads
}

func (o *Options) setDefaults() error {
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
		o.Free = freeBytes
	}
	if o.lookEvery == 0 {
		o.lookEvery = spaceCheckEvery
	}
	if o.expireMost == 0 {
		o.expireMost = maxConversations
	}
	if o.afterCommit == nil {
		o.afterCommit = func() {}
	}
	return nil
}

// Sizes of the engine's parts, small on purpose: a chat writes little, and the
// server has other things to do with its memory.
const (
	memTableSize = 8 << 20
	memTables    = 2
	// Values up to this size live in the tree: all but the chunks of files,
	// since a message has at most 4,000 characters. Files in the tree would be
	// copied with each compaction.
	valueThreshold   = 32 << 10
	valueLogFileSize = 32 << 20
	// Caches are needed with encryption only. Without it (and without
	// compression) blocks are read in place from the page cache.
	cacheWithEncryption = 8 << 20
)

func (o *Options) engineOptions(dir string) engine.Options {
	eo := engine.DefaultOptions(dir).
		WithSyncWrites(true).
		WithDetectConflicts(false). // there is one writer
		WithNumVersionsToKeep(1).
		WithMetricsEnabled(false).
		WithMemTableSize(memTableSize).
		WithNumMemtables(memTables).
		WithNumCompactors(2). // the fewest allowed
		WithNumLevelZeroTables(3).
		WithNumLevelZeroTablesStall(6).
		WithValueThreshold(valueThreshold).
		WithValueLogFileSize(valueLogFileSize).
		WithCompression(options.None).
		WithBlockCacheSize(0).
		// What is read is what was written, or an error.
		WithChecksumVerificationMode(options.OnBlockRead).
		WithVerifyValueChecksum(true).
		WithLogger(engineLog{o.Logger, o.beforeWrite, new(atomic.Pointer[guard])})
	if o.unverified {
		eo = eo.WithChecksumVerificationMode(options.NoVerification).WithVerifyValueChecksum(false)
	}
	eo.TableSizeMultiplier = 1 // else a compaction takes more room the more there is
	if len(o.EncryptionKey) > 0 {
		eo = eo.WithEncryptionKey(o.EncryptionKey).
			WithBlockCacheSize(cacheWithEncryption).
			WithIndexCacheSize(cacheWithEncryption)
	}
	return eo
}
