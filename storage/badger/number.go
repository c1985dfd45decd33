package badger

import (
	"os"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
)

// numberCommits takes the number of the last commit from the engine that was
// opened. From the first time on each commit has its record.
func (s *Store) numberCommits(o opened, in *inspection) error {
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

// tellTable returns what tells a table from others.
func tellTable(name string, id uint64, key *pb.DataKey) (k knownTable, err error) {
	f, err := os.Open(name)
	if err != nil {
		return k, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return k, err
	}
	t, err := readTable(f, id, info.Size(), key)
	if err != nil {
		return k, err
	}
	return knownTable{id, t.size, t.sum}, nil
}
