package kv

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/bounded"
	"github.com/parley-chat/parley/internal/loglimit"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// damages is the damage that was found while the store is open.
//
// An entry takes some 200 bytes. One that is forgotten is missing in the result
// of a check that does not come across it again, and may be logged twice; that
// nothing more is stored does not depend on it. With several nodes each tells of
// its own files.
type damages struct {
	mu    sync.Mutex
	table bounded.Table[chat.Damage, struct{}]
	log   loglimit.Limit
	// stop is why nothing new is stored any more; nil while that is no danger.
	stop error
	// suspected is why nothing is stored until all tables are verified, nil else;
	// cleared is when such a wait ended last.
	suspected error
	cleared   time.Time
}

func newDamages() damages {
	return damages{
		table: bounded.Table[chat.Damage, struct{}]{Max: maxDamages},
		log:   loglimit.Limit{Burst: maxDamages, Every: time.Minute},
	}
}

// maxDamages bounds how much of it is remembered, and logged at once.
const maxDamages = 1000

// ReportDamage logs damage that is new. In tables it also ends the storing: the engine
// takes a block that it can't read for one that is not there, so that merging
// tables would make the loss final.
func (s *Store) ReportDamage(list ...chat.Damage) {
	for _, d := range list {
		s.foundOne(d, strings.HasSuffix(d.File, ".sst"))
	}
}

func (s *Store) foundOne(d chat.Damage, final bool) {
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	if _, known := s.damages.table.Get(d); known {
		return
	}
	s.damages.table.Put(d, struct{}{})
	about := []any{"path", s.Opts.Path}
	if d.File != "" {
		about = append(about, "file", d.File)
	}
	if d.Offset > 0 {
		about = append(about, "offset", d.Offset)
	}
	about = append(about, "damage", d.What)
	if d.Records != "" {
		about = append(about, "records", d.Records)
	}
	s.damages.log.Log(s.log, slog.LevelError, "the store is damaged", append(about, "remedy", directory.OpenRemedy(s.Opts.Path))...)
	if final && s.damages.stop == nil {
		s.damages.stop = unavailable.When("storing", fmt.Errorf("%w: %s", chat.ErrDamaged, d))
		s.log.Error("refusing to store anything new until the server is restarted with a sound store, since that could make the damage final; what can be read is read",
			"path", s.Opts.Path, "remedy", directory.OpenRemedy(s.Opts.Path))
	}
}

// MayStore returns why nothing is stored any more, if that is so.
func (s *Store) MayStore() error {
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	return cmp.Or(s.damages.stop, s.damages.suspected)
}

// list returns what was found since the store was opened.
func (d *damages) list() (out []chat.Damage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for damage := range d.table.All() {
		out = append(out, damage)
	}
	return out
}
