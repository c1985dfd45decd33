package kv

import (
	"maps"
	"path/filepath"
	"slices"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
)

// note writes down what the store is known to be.
func (s *Store) note(db *database.DB, dir string) {
	if err := s.write(dir, db.Verifier.KnownTables()); err != nil {
		s.log.Warn("noting what the store has", "path", s.Opts.Path, "error", err)
	}
}

func (s *Store) write(dir string, tables []directory.KnownTable) error {
	logs, err := directory.LogHeaders(dir)
	if err != nil {
		return err
	}
	s.noting.Lock()
	defer s.noting.Unlock()
	s.Using.RLock()
	from := s.from
	s.Using.RUnlock()
	k := directory.Known{Directory: directory.Relative(s.Opts.Path, dir), Commit: s.DiskCheck.Last(), From: from, Tables: tables, Logs: logs}
	return k.Write(s.Opts.Path)
}

// noteClosed notes what the engine has left when it was closed. Tables are
// those that were known before.
func (s *Store) noteClosed(tables []directory.KnownTable) error {
	dir := s.dir
	list, err := directory.ReadManifest(dir)
	if err != nil {
		return err
	}
	registry, err := engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: dir, ReadOnly: true, EncryptionKey: s.Opts.EncryptionKey})
	if err != nil {
		return err
	}
	known := map[uint64]directory.KnownTable{}
	for _, k := range tables {
		known[k.ID] = k
	}
	var out []directory.KnownTable
	for _, id := range slices.Sorted(maps.Keys(list.Live)) {
		k, ok := known[id]
		if !ok {
			key, err := registry.DataKey(list.Live[id])
			if err != nil {
				return err
			}
			if k, err = directory.IdentifyTable(filepath.Join(dir, directory.TableName(id)), id, key); err != nil {
				return err
			}
		}
		out = append(out, k)
	}
	return s.write(dir, out)
}

// numberCommits takes the number of the last commit from the engine that was
// opened. From the first time on each commit has its record.
func (s *Store) numberCommits(o Opened, in *directory.Inspection) error {
	o.db.SkipTo(in.Least)
	from := in.Known.From
	if from == 0 {
		from = o.db.Next()
		if err := o.db.Update(func(*engine.Txn) error { return nil }); err != nil {
			return err
		}
	}
	s.Using.Lock()
	s.from = from
	s.Using.Unlock()
	return s.DiskCheck.Completed(o.db.LastCommit())
}
