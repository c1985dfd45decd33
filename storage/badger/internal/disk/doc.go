// Package disk has what the store asks of the file system: room, locks, durable
// files, and whether it takes writes at all.
package disk
