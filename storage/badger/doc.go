// Package badger keeps Parley's data in one directory on this machine, by way
// of the embedded database of the same name. It is the default store.
//
// One goroutine writes: it puts whatever is waiting into one transaction,
// syncs once, and then acknowledges all of it, so that durable messages cost a
// share of a sync each. Reads run beside it on snapshots. What an inbox shows
// is ordered in memory, see [inbox]; everything else is on disk. The layout is
// described in docs/storage.md.
package badger
