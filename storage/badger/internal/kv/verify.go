package kv

import (
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// Verify reads all tables through. The error is that something can't be read; a
// file that can, but is not there for the next start, is only logged.
func (s *Store) Verify() error {
	db, long, err := s.hold()
	if err != nil {
		return err
	}
	defer long.n.Done()
	if err := db.Verifier.Refresh(nil); err != nil {
		s.foundOne(db.Verifier.ManifestDamage(err), true)
		if !db.Verifier.KnowsAll() {
			return unavailable.When("reading", &directory.DamageError{Path: s.Opts.Path, List: []chat.Damage{db.Verifier.ManifestDamage(err)}, Open: true})
		}
	}
	v := db.Verifier.VerifyAll(nil)
	s.ReportDamage(v.All()...)
	if len(v.Unreadable) == 0 {
		return nil
	}
	return unavailable.When("reading", &directory.DamageError{Path: s.Opts.Path, List: v.Unreadable, Open: true})
}
