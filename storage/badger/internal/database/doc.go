// Package database is Badger with commits that are numbered here, whose reads are
// verified: what is damaged is reported, and never taken for absent. It knows records
// by their keys, and nothing of what changes them.
package database
