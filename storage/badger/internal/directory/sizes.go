package directory

// logSize is the size that the engine gives a log, which it writes through a
// memory map. Behind the end of a file such a write ends the process.
const logSize = 2 * MemTableSize

// Sizes of the engine's parts, small on purpose: a chat writes little, and the
// server has other things to do with its memory.
const (
	MemTableSize = 8 << 20
	MemTables    = 2
	// Values up to this size live in the tree: all but the chunks of files,
	// since a message has at most 4,000 characters. Files in the tree would be
	// copied with each compaction.
	ValueThreshold   = 32 << 10
	ValueLogFileSize = 32 << 20
	// Caches are needed with encryption only. Without it (and without
	// compression) blocks are read in place from the page cache.
	CacheWithEncryption = 8 << 20
)
