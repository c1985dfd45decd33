package database

import (
	"testing"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
)

// The engine must say that it is about to write, both times that it writes for
// a commit: to the value log, and to its log.
func TestEngineSaysWhenItWrites(t *testing.T) {
	said := 0
	o := directory.Options{Path: t.TempDir()}
	if err := o.SetDefaults(); err != nil {
		t.Fatal(err)
	}
	db, err := engine.Open(EngineOptions(&o, o.Path, func() { said++ }))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(func(txn *engine.Txn) error { return txn.Set([]byte("key"), []byte("value")) }); err != nil {
		t.Fatal(err)
	}
	if said != 2 {
		t.Errorf("it said so %d times", said)
	}
}
