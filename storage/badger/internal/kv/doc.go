// Package kv keeps records by their keys in one directory, open for one process.
// One writer makes changes durable in batches; reads run beside it on snapshots.
// It opens the files anew after a failed write, watches them for damage, and backs
// them up, restores, checks, salvages and compacts them.
package kv
