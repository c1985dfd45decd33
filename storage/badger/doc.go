// Package badger is a chat.Store in one directory on this machine, by way of the
// embedded database of the same name. It is the default store.
//
// This package says what each method of chat.Store reads and changes. How that
// becomes durable, and stays readable, is below it, each part importing only those
// behind it:
//
//   - internal/kv: records in a directory that is open: one writer, reads on
//     snapshots, healing, watching, backup, check, compaction
//   - internal/database: Badger, with commits that are numbered here and verified
//     reads
//   - internal/directory: which files count and whether they are sound, read from
//     outside of the engine
//   - internal/disk: room, locks, durable files
//   - internal/layout: the keys and values of the records, see docs/storage.md
//
// What an inbox shows is ordered in memory by package storage/inbox.
package badger
