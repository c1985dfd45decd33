package badger

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"testing"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// schema1 makes a store as version 1 of the layout left it: testdata has all
// records of one that the code of then has written.
func schema1(t *testing.T) string {
	t.Helper()
	f, err := os.Open("testdata/schema1.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dir := t.TempDir()
	rawChange(t, dir, func(txn *engine.Txn) error {
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var r struct {
				Key, Value []byte
				Meta       byte
			}
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				return err
			}
			if err := txn.SetEntry(engine.NewEntry(r.Key, r.Value).WithMeta(r.Meta)); err != nil {
				return err
			}
		}
		return nil
	})
	return dir
}

func TestSchema1IsBroughtUpToDate(t *testing.T) {
	dir := schema1(t)
	for range 2 { // the second time it is up to date
		s := mustOpen(t, Options{Path: dir})
		checkSchema1(t, s)
		if version, err := kv.ReadSchema(s.kv.Current()); err != nil || version != layout.SchemaVersion {
			t.Fatalf("version %d, %v", version, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkSchema1 checks that all that the store of then held can be used.
func checkSchema1(t *testing.T, s *Store) {
	t.Helper()
	ms, err := s.Messages(bg, "c-mia", chat.Range{Limit: 10})
	if err != nil || len(ms) != 3 {
		t.Fatalf("%v, %v", ms, err)
	}
	for i, text := range []string{"Where is my kettle?", "On its way.", "Anonymous a"} {
		if ms[i].Text != text {
			t.Errorf("message %d is %q", i+1, ms[i].Text)
		}
	}
	p, err := s.PersonByEmail(bg, "shop", "mia@example.com")
	if err != nil || p.Key != "id:1042" || p.Profile.Fields["plan"] != "plus" {
		t.Errorf("%+v, %v", p, err)
	}
	session, err := s.Session(bg, chat.HashOf("token-mia"))
	if err != nil || session.Person != p.Key {
		t.Errorf("%+v, %v", session, err)
	}
	unclaimed, claimed := chat.HashOf("mark-b"), chat.HashOf("mark-a")
	if c, err := s.ConversationOf(bg, chat.Owner{Site: "shop", TabSecret: &unclaimed}); err != nil || c.ID != "c-b" {
		t.Errorf("%+v, %v", c, err)
	}
	if m, err := s.TabSecret(bg, claimed); err != nil || m.Merged.IsZero() {
		t.Errorf("%+v, %v", m, err)
	}
	cs, _, err := s.Inbox(bg, chat.Filter{}, "", 10)
	if err != nil || len(cs) != 2 {
		t.Errorf("%d conversations listed, %v", len(cs), err)
	}
}

// What could not be brought up to date to its end keeps its version, and the
// next start tries again.
func TestMigrationThatFails(t *testing.T) {
	dir := schema1(t)
	before := kv.Migrations[0]
	t.Cleanup(func() { kv.Migrations[0] = before })
	kv.Migrations[0] = failingMigration
	refused(t, Options{Path: dir}, "from schema version 1 to 2", errMigration.Error())
	kv.Migrations[0] = before
	checkSchema1(t, mustOpen(t, Options{Path: dir}))
}

var errMigration = errors.New("the disk said no")

func failingMigration(context.Context, *database.DB) error { return errMigration }
