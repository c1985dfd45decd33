package badger

import (
	engine "github.com/dgraph-io/badger/v4"

	linked "container/list"
	"context"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chat"
)

// damagedRecord is the failure to read a record that should be there.
func damagedRecord(key []byte, why error) error {
	return unavailable("reading", fmt.Errorf("%w: %s: %w", chat.ErrDamaged, describeKey(key), why))
}

// errMissing is of a record that must be there and is not.
var errMissing = errors.New("it is missing")

// snapshot reads what was committed when it was taken.
type snapshot struct {
	txn *engine.Txn
	db  *database
	at  *linked.Element
}

// close ends the read.
func (s snapshot) close() {
	s.txn.Discard()
	s.db.release(s.at)
}

// record is a stored value with what the engine keeps beside it.
type record struct {
	value   []byte
	meta    byte   // of a message: its side
	expires uint64 // in seconds since 1970; zero for never
	gone    bool   // of a change: the key is deleted
}

// reader finds records. chat.ErrNotFound if there is none.
type reader interface {
	get(key []byte) (record, error)
}

func (s snapshot) get(key []byte) (record, error) {
	item, err := s.item(key)
	if err != nil {
		return record{}, err
	}
	value, err := s.value(item)
	if err != nil {
		return record{}, err
	}
	return record{value: value, meta: item.UserMeta(), expires: item.ExpiresAt()}, nil
}

// item looks a record up. chat.ErrNotFound means that there is none, and not
// that it could not be read.
func (s snapshot) item(key []byte) (*engine.Item, error) {
	item, err := s.txn.Get(key)
	version := uint64(never)
	if err == nil {
		version = item.Version()
	} else if !errors.Is(err, engine.ErrKeyNotFound) {
		return nil, unavailable("reading", err)
	}
	if s.db.guard != nil {
		if d := s.db.guard.sound(key, version); d != nil {
			s.db.guard.found(*d)
			return nil, damagedRecord(key, errors.New(d.String()))
		}
	}
	if err != nil {
		return nil, chat.ErrNotFound
	}
	return item, nil
}

// errNoValue means that the checksum of a value is wrong, or that its file is
// missing or shorter. The engine gives no error then, but no value.
var errNoValue = errors.New("its value is damaged or missing")

// value copies a record's value. It looks twice, since the engine gives none as
// well where the cleaning of the value log has just moved it.
func (s snapshot) value(item *engine.Item) ([]byte, error) {
	for range 2 {
		value, err := item.ValueCopy(nil)
		if err != nil {
			return nil, damagedRecord(item.Key(), err)
		}
		if len(value) > 0 || item.ValueSize() == 0 {
			return value, nil
		}
		if item, err = s.txn.Get(item.KeyCopy(nil)); err != nil {
			return nil, unavailable("reading", err)
		}
	}
	if s.db.guard != nil {
		s.db.guard.found(chat.Damage{What: errNoValue.Error(), Records: describeKey(item.Key())})
	}
	return nil, damagedRecord(item.Key(), errNoValue)
}

// each calls f with the key, and what gives the record, of all records whose
// keys begin with a prefix, in the order of the keys.
func (s snapshot) each(ctx context.Context, prefix []byte, f func(*engine.Item) error) error {
	it := s.txn.NewIterator(engine.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := f(it.Item()); err != nil {
			return err
		}
	}
	return nil
}

// isNotFound tells what is absent from what can't be read.
func isNotFound(err error) bool { return errors.Is(err, chat.ErrNotFound) }

// unlessNotFound is for what may well be absent.
func unlessNotFound(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}
