package badger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4/y"

	"github.com/parley-chat/parley/chat"
)

// ErrDamaged is chat.ErrDamaged. Damage is never taken for absence.
var ErrDamaged = chat.ErrDamaged

// remedy is what an operator can do about a store that does not open.
func remedy(path string) string {
	return fmt.Sprintf("`parley chat check --path %s` lists all of it; %s", path, lastResorts(path))
}

// openRemedy is what an operator can do about one that is open. Nobody else can
// read its directory then.
func openRemedy(path string) string {
	return "`parley chat check` lists all of it; " + lastResorts(path)
}

func lastResorts(path string) string {
	return fmt.Sprintf("the remedy is the last backup: stop the server, move the directory away and `parley chat restore`; "+
		"without one, stop the server, and `parley chat check --accept --path %s` goes on with what is left", path)
}

// damageError is damage that keeps the store from opening, or, of an open one,
// from being read.
type damageError struct {
	path string
	list []chat.Damage
	open bool
}

// mostNamed bounds how much of the damage is named in one error.
const mostNamed = 5

// Error names what is damaged and what to do.
func (e *damageError) Error() string {
	var texts []string
	for _, d := range e.list[:min(len(e.list), mostNamed)] {
		texts = append(texts, d.String())
	}
	if more := len(e.list) - mostNamed; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	todo := remedy(e.path)
	if e.open {
		todo = openRemedy(e.path)
	}
	return fmt.Sprintf("%v: %s: %s. Nothing was changed. %s", ErrDamaged, e.path, strings.Join(texts, "; "), todo)
}

// Unwrap makes it ErrDamaged, and chat.ErrUnavailable for visitors.
func (e *damageError) Unwrap() []error { return []error{ErrDamaged, chat.ErrUnavailable} }

// DamageOf returns what an error of Open says is damaged, if that is what it says.
func DamageOf(err error) []chat.Damage {
	var e *damageError
	if errors.As(err, &e) {
		return e.list
	}
	return nil
}

// damagedRecord is the failure to read a record that should be there.
func damagedRecord(key []byte, why error) error {
	return unavailable("reading", fmt.Errorf("%w: %s: %w", ErrDamaged, describeKey(key), why))
}

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

// describeKey says of a key without the commit's number what record it is of,
// and of whom. It gives no secret, and no text that was written.
func describeKey(key []byte) string {
	if len(key) == 0 {
		return "a record"
	}
	rest := key[1:]
	text, behind, ok := cutText(rest)
	switch key[0] {
	case kindAgentSession:
		return "an agent's session"
	case kindChunk:
		if ok && len(behind) == 8 {
			return fmt.Sprintf("part %d of the file %s", messageSeq(behind), text)
		}
		return "a part of a file"
	case kindConversation:
		return fmt.Sprintf("conversation %s", rest)
	case kindClientID:
		if ok {
			return fmt.Sprintf("a client id of conversation %s", text)
		}
	case kindEmail:
		return "an e-mail address"
	case kindMark:
		return "a tab's secret"
	case kindMessage:
		if ok && len(behind) == 8 {
			return fmt.Sprintf("message %d of conversation %s", messageSeq(behind), text)
		}
	case kindOwner:
		return "whose a conversation is"
	case kindPerson:
		if ok {
			return fmt.Sprintf("person %q of site %s", behind, text)
		}
	case kindSession, kindSessionToken:
		return "a visitor's session"
	case kindUpload:
		return fmt.Sprintf("the upload %s", rest)
	case kindDoomed, kindTrim:
		return "a deletion under way"
	case schemaKey[0]:
		return fmt.Sprintf("the record %s", key)
	}
	return "a record"
}

// describeRange says what records a block of a table holds, by its first key
// and that of the next block, which may be empty. Keys have the commit's number
// behind them.
func describeRange(first, next []byte) string {
	from := describeKey(y.ParseKey(first))
	if len(next) <= 8 {
		return from + " and what follows"
	}
	before := describeKey(y.ParseKey(next))
	if from == before {
		return from
	}
	if a, b := y.ParseKey(first), y.ParseKey(next); len(a) == len(b) && len(a) > 9 && a[0] == kindMessage && string(a[:len(a)-8]) == string(b[:len(b)-8]) {
		if id, _, ok := cutText(a[1:]); ok {
			if at, last := messageSeq(a), messageSeq(b)-1; at < last {
				return fmt.Sprintf("messages %d to %d of conversation %s", at, last, id)
			}
			return from
		}
	}
	return fmt.Sprintf("from %s up to before %s", from, before)
}

// sortDamage orders it by file and place, what is of no file last: it may come
// of the damage in one.
func sortDamage(list []chat.Damage) []chat.Damage {
	slices.SortFunc(list, func(a, b chat.Damage) int {
		none := func(d chat.Damage) int {
			if d.File == "" {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(none(a), none(b)), cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset),
			cmp.Compare(a.What, b.What), cmp.Compare(a.Records, b.Records))
	})
	return slices.Compact(list)
}
