package badger

import (
	"sync/atomic"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

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

// engineOptions are those of an engine in a directory. It calls beforeWrite when
// it is about to write, unless that is nil.
func engineOptions(o *Options, dir string, beforeWrite func()) engine.Options {
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
		WithLogger(engineLog{o.Logger, beforeWrite, new(atomic.Pointer[guard])})
	eo.TableSizeMultiplier = 1 // else a compaction takes more room the more there is
	if len(o.EncryptionKey) > 0 {
		eo = eo.WithEncryptionKey(o.EncryptionKey).
			WithBlockCacheSize(cacheWithEncryption).
			WithIndexCacheSize(cacheWithEncryption)
	}
	return eo
}
