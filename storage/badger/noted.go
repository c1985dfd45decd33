package badger

import (
	"maps"
	"path/filepath"
	"slices"

	engine "github.com/dgraph-io/badger/v4"
)

// note writes down what the store is known to be.
func (s *kvStore) note(db *database, dir string) {
	if err := s.write(dir, db.guard.knownTables()); err != nil {
		s.log.Warn("noting what the store has", "path", s.opts.Path, "error", err)
	}
}

func (s *kvStore) write(dir string, tables []knownTable) error {
	logs, err := logHeaders(dir)
	if err != nil {
		return err
	}
	s.using.RLock()
	from := s.from
	s.using.RUnlock()
	k := known{Directory: relative(s.opts.Path, dir), Commit: s.probe.last(), From: from, Tables: tables, Logs: logs}
	return k.write(s.opts.Path)
}

// noteClosed notes what the engine has left when it was closed. Tables are
// those that were known before.
func (s *kvStore) noteClosed(tables []knownTable) error {
	dir := s.dir
	list, err := readManifest(dir)
	if err != nil {
		return err
	}
	registry, err := engine.OpenKeyRegistry(engine.KeyRegistryOptions{Dir: dir, ReadOnly: true, EncryptionKey: s.opts.EncryptionKey})
	if err != nil {
		return err
	}
	known := map[uint64]knownTable{}
	for _, k := range tables {
		known[k.ID] = k
	}
	var out []knownTable
	for _, id := range slices.Sorted(maps.Keys(list.live)) {
		k, ok := known[id]
		if !ok {
			key, err := registry.DataKey(list.live[id])
			if err != nil {
				return err
			}
			if k, err = tellTable(filepath.Join(dir, tableName(id)), id, key); err != nil {
				return err
			}
		}
		out = append(out, k)
	}
	return s.write(dir, out)
}

// numberCommits takes the number of the last commit from the engine that was
// opened. From the first time on each commit has its record.
func (s *kvStore) numberCommits(o opened, in *inspection) error {
	o.db.skipTo(in.least)
	from := in.known.From
	if from == 0 {
		from = o.db.next()
		if err := o.db.update(func(*engine.Txn) error { return nil }); err != nil {
			return err
		}
	}
	s.using.Lock()
	s.from = from
	s.using.Unlock()
	return s.probe.completed(o.db.lastCommit())
}
