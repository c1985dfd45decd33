package kv

import (
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/panics"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// The engine merges tables in goroutines of its own, in which a fault of memory
// can't be caught: it ends the process, and the site with it. They merge because
// something was stored. So where a read of ours has met a fault nothing is stored
// until all tables were read by system calls, which give errors; and if one can't be
// read, nothing any more.

// errFault is why nothing is stored meanwhile.
var errFault = errors.New("a file could not be read through its memory map: all tables are being verified")

// panicked notes that something panicked which uses the engine.
func (s *Store) panicked(p *panics.Panic) {
	s.faulted.Store(true)
	if p.IsFault() && s.damages.suspect() {
		go func() { // who panicked may hold locks that Close waits for
			if !s.InBackground(s.verifySuspected) {
				s.damages.verified()
			}
		}()
	}
}

// suspect reports whether the tables are to be verified, and that they are not just
// now, nor were they lately: a damaged value would have it done with each read.
func (d *damages) suspect() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.suspected != nil || time.Since(d.cleared) < database.VerifiedLately {
		return false
	}
	d.suspected = unavailable.When("storing", errFault)
	return true
}

func (s *Store) verifySuspected() {
	defer s.damages.verified()
	_ = s.Verify() // damage is logged, and ends the storing for good
}

// verified ends a suspicion.
func (d *damages) verified() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.suspected, d.cleared = nil, time.Now()
}
