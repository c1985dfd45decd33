package database

import (
	"sync/atomic"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/parley-chat/parley/storage/badger/internal/directory"
)

// EngineOptions are those of an engine in a directory. It calls beforeWrite when
// it is about to write, unless that is nil.
func EngineOptions(o *directory.Options, dir string, beforeWrite func()) engine.Options {
	eo := engine.DefaultOptions(dir).
		WithSyncWrites(true).
		WithDetectConflicts(false). // there is one writer
		WithNumVersionsToKeep(1).
		WithMetricsEnabled(false).
		WithMemTableSize(directory.MemTableSize).
		WithNumMemtables(directory.MemTables).
		WithNumCompactors(2). // the fewest allowed
		WithNumLevelZeroTables(3).
		WithNumLevelZeroTablesStall(6).
		WithValueThreshold(directory.ValueThreshold).
		WithValueLogFileSize(directory.ValueLogFileSize).
		WithCompression(options.None).
		WithBlockCacheSize(0).
		// What is read is what was written, or an error.
		WithChecksumVerificationMode(options.OnBlockRead).
		WithVerifyValueChecksum(true).
		WithLogger(engineLog{o.Logger, beforeWrite, new(atomic.Pointer[Verifier])})
	eo.TableSizeMultiplier = 1 // else a compaction takes more room the more there is
	if len(o.EncryptionKey) > 0 {
		eo = eo.WithEncryptionKey(o.EncryptionKey).
			WithBlockCacheSize(directory.CacheWithEncryption).
			WithIndexCacheSize(directory.CacheWithEncryption)
	}
	return eo
}
