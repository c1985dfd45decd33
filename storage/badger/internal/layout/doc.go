// Package layout is what the records of a store look like: their keys and how
// their values are encoded. docs/storage.md describes it. It is a contract: a store
// must be readable by every later version.
package layout
