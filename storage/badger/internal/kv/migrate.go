package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// Migrations bring a database from the version of their place in the list,
// counted from 1, to the next. Each may run again from its start where it was
// interrupted, and leaves the version alone: that is written when it is done.
var Migrations = []func(context.Context, *database.DB) error{
	// 2 has records that 1 did not know (see docs/storage.md), and changes none.
	func(context.Context, *database.DB) error { return nil },
	// So does 3: messages with what was done before them, and more fields of conversations.
	func(context.Context, *database.DB) error { return nil },
	// And 4: what visitors thought, which a program that doesn't know of it would drop.
	func(context.Context, *database.DB) error { return nil },
}

// Migrate writes the version of the layout into a new store, brings an older
// one up to date and refuses one that this version of Parley can't read.
func Migrate(ctx context.Context, db *database.DB, log *slog.Logger) error {
	version, err := ReadSchema(db)
	if err != nil {
		return err
	}
	if version == layout.SchemaVersion {
		return nil
	}
	if version == 0 {
		return writeSchema(db, layout.SchemaVersion)
	}
	for ; version < layout.SchemaVersion; version++ {
		log.Info("bringing the database up to date", "from", version, "to", version+1)
		if err := Migrations[version-1](ctx, db); err != nil {
			return fmt.Errorf("bringing the database from schema version %d to %d: %w", version, version+1, err)
		}
		if err := writeSchema(db, version+1); err != nil {
			return err
		}
	}
	return nil
}

// ReadSchema returns the version of a database's layout, 0 for a new one. It
// gives an error for one that this version of Parley can't read.
func ReadSchema(db *database.DB) (int, error) {
	snap := db.Read()
	defer snap.Close()
	item, err := snap.Item(layout.SchemaKey)
	if database.IsNotFound(err) {
		if !isEmpty(snap.Txn) {
			return 0, errors.New("the directory holds a database, but none of Parley's")
		}
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	text, err := item.ValueCopy(nil)
	if err != nil {
		return 0, err
	}
	return parseSchema(text)
}

// parseSchema reads a version and refuses one that this version of Parley
// can't read.
func parseSchema(text []byte) (int, error) {
	version, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	switch {
	case err != nil || version < 1:
		return 0, fmt.Errorf("the database has the unknown schema version %q", text)
	case version > layout.SchemaVersion:
		return 0, fmt.Errorf("a newer version of Parley has written this database (schema version %d, this one knows up to %d): "+
			"run the newer version, or restore a backup from before it", version, layout.SchemaVersion)
	}
	return version, nil
}

func writeSchema(db *database.DB, version int) error {
	return db.Update(func(txn *engine.Txn) error {
		return txn.Set(layout.SchemaKey, strconv.AppendInt(nil, int64(version), 10))
	})
}

func isEmpty(txn *engine.Txn) bool {
	it := txn.NewIterator(engine.IteratorOptions{})
	defer it.Close()
	it.Rewind()
	return !it.Valid()
}
