package database

import (
	engine "github.com/dgraph-io/badger/v4"

	linked "container/list"
	"context"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// DamagedRecord is the failure to read a record that should be there.
func DamagedRecord(key []byte, why error) error {
	return unavailable.When("reading", fmt.Errorf("%w: %s: %w", chat.ErrDamaged, layout.DescribeKey(key), why))
}

// ErrMissing is of a record that must be there and is not.
var ErrMissing = errors.New("it is missing")

// Snapshot reads what was committed when it was taken.
type Snapshot struct {
	Txn *engine.Txn
	DB  *DB
	at  *linked.Element
}

// Close ends the read.
func (s Snapshot) Close() {
	s.Txn.Discard()
	s.DB.release(s.at)
}

// Record is a stored value with what the engine keeps beside it.
type Record struct {
	Value   []byte
	Meta    byte   // of a message: its side
	Expires uint64 // in seconds since 1970; zero for never
	Gone    bool   // of a change: the key is deleted
}

// Reader finds records. chat.ErrNotFound if there is none.
type Reader interface {
	Get(key []byte) (Record, error)
}

// Get reads a record. chat.ErrNotFound means that there is none, and not that it
// could not be read.
func (s Snapshot) Get(key []byte) (Record, error) {
	item, err := s.Item(key)
	if err != nil {
		return Record{}, err
	}
	value, err := s.Value(item)
	if err != nil {
		return Record{}, err
	}
	return Record{Value: value, Meta: item.UserMeta(), Expires: item.ExpiresAt()}, nil
}

// Item looks a record up. chat.ErrNotFound means that there is none, and not
// that it could not be read.
func (s Snapshot) Item(key []byte) (*engine.Item, error) {
	item, err := s.Txn.Get(key)
	version := uint64(never)
	if err == nil {
		version = item.Version()
	} else if !errors.Is(err, engine.ErrKeyNotFound) {
		return nil, unavailable.When("reading", err)
	}
	if s.DB.Verifier != nil {
		if d := s.DB.Verifier.sound(key, version); d != nil {
			s.DB.Verifier.Found(*d)
			return nil, DamagedRecord(key, errors.New(d.String()))
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

// Value copies a record's value. It looks twice, since the engine gives none as
// well where the cleaning of the value log has just moved it.
func (s Snapshot) Value(item *engine.Item) ([]byte, error) {
	for range 2 {
		value, err := item.ValueCopy(nil)
		if err != nil {
			return nil, DamagedRecord(item.Key(), err)
		}
		if len(value) > 0 || item.ValueSize() == 0 {
			return value, nil
		}
		if item, err = s.Txn.Get(item.KeyCopy(nil)); err != nil {
			return nil, unavailable.When("reading", err)
		}
	}
	if s.DB.Verifier != nil {
		s.DB.Verifier.Found(chat.Damage{What: errNoValue.Error(), Records: layout.DescribeKey(item.Key())})
	}
	return nil, DamagedRecord(item.Key(), errNoValue)
}

// Each calls f with the key, and what gives the record, of all records whose
// keys begin with a prefix, in the order of the keys.
func (s Snapshot) Each(ctx context.Context, prefix []byte, f func(*engine.Item) error) error {
	it := s.Txn.NewIterator(engine.IteratorOptions{Prefix: prefix})
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

// IsNotFound tells what is absent from what can't be read.
func IsNotFound(err error) bool { return errors.Is(err, chat.ErrNotFound) }

// UnlessNotFound is for what may well be absent.
func UnlessNotFound(err error) error {
	if IsNotFound(err) {
		return nil
	}
	return err
}
