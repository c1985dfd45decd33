package directory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/program"
)

// Remedy is what an operator can do about a store that does not open.
func Remedy(path string) string {
	return fmt.Sprintf("`"+program.Name()+" chat check --path %s` lists all of it; %s", path, lastResorts(path))
}

// OpenRemedy is what an operator can do about one that is open. Nobody else can
// read its directory then.
func OpenRemedy(path string) string {
	return "`" + program.Name() + " chat check` lists all of it; " + lastResorts(path)
}

func lastResorts(path string) string {
	return fmt.Sprintf("the remedy is the last backup: stop the server, move the directory away and `"+program.Name()+" chat restore`; "+
		"without one, stop the server, and `"+program.Name()+" chat check --accept --path %s` goes on with what is left", path)
}

// DamageError is damage that keeps the store from opening, or, of an open one,
// from being read.
type DamageError struct {
	Path string
	List []chat.Damage
	Open bool
}

// maxListed bounds how much of the damage is listed in one error.
const maxListed = 5

// Error names what is damaged and what to do.
func (e *DamageError) Error() string {
	var texts []string
	for _, d := range e.List[:min(len(e.List), maxListed)] {
		texts = append(texts, d.String())
	}
	if more := len(e.List) - maxListed; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	todo := Remedy(e.Path)
	if e.Open {
		todo = OpenRemedy(e.Path)
	}
	return fmt.Sprintf("%v: %s: %s. Nothing was changed. %s", chat.ErrDamaged, e.Path, strings.Join(texts, "; "), todo)
}

// Unwrap makes it chat.ErrDamaged, and chat.ErrUnavailable for visitors.
func (e *DamageError) Unwrap() []error { return []error{chat.ErrDamaged, chat.ErrUnavailable} }

// DamageOf returns what an error of Open says is damaged, if that is what it says.
func DamageOf(err error) []chat.Damage {
	var e *DamageError
	if errors.As(err, &e) {
		return e.List
	}
	return nil
}

// SortDamage orders it by file and place, what is of no file last: it may come
// of the damage in one.
func SortDamage(list []chat.Damage) []chat.Damage {
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
