package badger

import (
	"github.com/parley-chat/parley/chat"
)

// verify reads all tables through. The error is that something can't be read; a
// file that can, but is not there for the next start, is only logged.
func (s *kvStore) verify() error {
	db, long, err := s.hold()
	if err != nil {
		return err
	}
	defer long.n.Done()
	if err := db.guard.refresh(nil); err != nil {
		s.foundOne(db.guard.manifestDamage(err), true)
		if !db.guard.knowsAll() {
			return unavailable("reading", &damageError{path: s.opts.Path, list: []chat.Damage{db.guard.manifestDamage(err)}, open: true})
		}
	}
	v := db.guard.verifyAll(nil)
	s.found(v.all()...)
	if len(v.unreadable) == 0 {
		return nil
	}
	return unavailable("reading", &damageError{path: s.opts.Path, list: v.unreadable, open: true})
}
