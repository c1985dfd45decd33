package badger

import (
	"fmt"
	"strings"
	"sync"

	"github.com/parley-chat/parley/chat"
)

// damages is the damage that was found while the store is open.
type damages struct {
	mu    sync.Mutex
	known map[chat.Damage]struct{}
	// stop is why nothing new is stored any more; nil while that is no danger.
	stop error
}

// maxDamages bounds how much of it is remembered.
const maxDamages = 1000

// found logs damage that is new. In tables it also ends the storing: the engine
// takes a block that it can't read for one that is not there, so that merging
// tables would make the loss final.
func (s *Store) found(list ...chat.Damage) {
	for _, d := range list {
		s.foundOne(d, strings.HasSuffix(d.File, ".sst"))
	}
}

func (s *Store) foundOne(d chat.Damage, final bool) {
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	if _, known := s.damages.known[d]; known {
		return
	}
	if len(s.damages.known) >= maxDamages && !final {
		return
	}
	if s.damages.known == nil {
		s.damages.known = make(map[chat.Damage]struct{})
	}
	s.damages.known[d] = struct{}{}
	about := []any{"path", s.opts.Path}
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
	s.log.Error("the store is damaged", append(about, "remedy", openRemedy(s.opts.Path))...)
	if final && s.damages.stop == nil {
		s.damages.stop = unavailable("storing", fmt.Errorf("%w: %s", ErrDamaged, d))
		s.log.Error("refusing to store anything new until the server is restarted with a sound store, since that could make the damage final; what can be read is read",
			"path", s.opts.Path, "remedy", openRemedy(s.opts.Path))
	}
}

// mayStore returns why nothing is stored any more, if that is so.
func (s *Store) mayStore() error {
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	return s.damages.stop
}

// list returns what was found since the store was opened.
func (d *damages) list() (out []chat.Damage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for damage := range d.known {
		out = append(out, damage)
	}
	return out
}
