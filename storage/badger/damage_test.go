package badger

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

// The directory is replaced under the running store: what is stored then would
// be in files that nobody finds, so nothing is acknowledged.
func TestNothingIsAcknowledgedInAReplacedDirectory(t *testing.T) {
	for name, replace := range map[string]func(t *testing.T, dir, copied string){
		"moved": func(t *testing.T, dir, _ string) { rename(t, dir, dir+"-away") },
		"deleted and made anew": func(t *testing.T, dir, _ string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
		},
		"replaced by a copy": func(t *testing.T, dir, copied string) {
			rename(t, dir, dir+"-away")
			rename(t, copied, dir)
		},
		"its files moved": func(t *testing.T, dir, _ string) {
			rename(t, dir, dir+"-away")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			rename(t, filepath.Join(dir+"-away", "MANIFEST"), filepath.Join(dir, "MANIFEST"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			logs := &logKeeper{}
			s := mustOpen(t, Options{Path: dir, Logger: slog.New(logs)})
			if _, err := visit(t, s, 1); err != nil {
				t.Fatal(err)
			}
			copied := dir + "-copy"
			copyTree(t, dir, copied)
			before := filesOf(t, copied)
			replace(t, dir, copied)
			for n := range 60 {
				if _, err := visit(t, s, 100+n); err == nil {
					t.Fatalf("message %d was acknowledged", n)
				}
			}
			if said := strings.Join(logs.kept(), "\n"); !strings.Contains(said, "was moved, replaced or deleted") || !strings.Contains(said, "chat restore") {
				t.Errorf("logged: %s", said)
			}
			_ = s.Close() // the files are not there
			if name == "replaced by a copy" {
				if after := filesOf(t, dir); fmt.Sprint(after) != fmt.Sprint(before) {
					t.Errorf("the copy was changed:\n%q\n%q", before, after)
				}
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// A new store is begun only where nothing of one is.
func TestNoNewStoreBesideFilesOfOne(t *testing.T) {
	for _, name := range []string{"000001.sst", "000001.vlog", "00001.mem", "KEYREGISTRY", "DISCARD", "PROBE", "KNOWN"} {
		dir := t.TempDir()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("something"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, Options{Path: dir}, "MANIFEST", "missing", name, "chat restore")
		refused(t, Options{Path: dir, MustExist: true}, "MANIFEST", "missing", name)
		if b, err := os.ReadFile(file); string(b) != "something" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	// What a first start leaves that is killed before it has made MANIFEST, and
	// what it leaves right after, is no store yet.
	for _, names := range [][]string{{"LOCK"}, {"LOCK", "MANIFEST-REWRITE"}, {"probe-123"}, {"notes.txt"}} {
		dir := t.TempDir()
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		mustOpen(t, Options{Path: dir})
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "MANIFEST"), []byte("Bdgr\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, Options{Path: dir, EncryptionKey: key1})
}

// A store of a version that kept no count of commits opens, and counts from
// then on.
func TestStoreWithoutWhatWasKnownOpens(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, directory.KnownFile)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, disk.CheckFile), []byte("."), 0o600); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, Options{Path: dir})
	if _, err := visit(t, s, 2); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if number, err := disk.ReadCommitNumber(dir); number == 0 || err != nil {
		t.Errorf("PROBE has commit %d, %v", number, err)
	}
}

// A message that is not there is told as damaged, with its conversation and
// number, and so is a record that can't be decoded.
func TestMissingRecordsAreDamaged(t *testing.T) {
	logs := &logKeeper{}
	s := mustOpen(t, Options{Path: t.TempDir(), Logger: slog.New(logs)})
	id, err := visit(t, s, 1)
	for n := 2; n < 6 && err == nil; n++ {
		_, _, err = s.ChangeConversation(bg, id, says(fmt.Sprint("client-", n), "more"), time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.kv.Current().Update(func(txn *engine.Txn) error { return txn.Delete(layout.MessageKey(id, 3)) }); err != nil {
		t.Fatal(err)
	}
	_, err = s.Messages(bg, id, chat.Range{Limit: 10})
	if chat.Reason(err) != chat.ErrUnavailable || !strings.Contains(fmt.Sprint(err), "message 3 of conversation c1") {
		t.Errorf("a page with a hole: %v", err)
	}
	if got, err := s.Messages(bg, id, chat.Range{After: 3, Limit: 10}); err != nil || len(got) != 2 {
		t.Errorf("a page behind the hole: %v, %v", got, err)
	}
	if said := strings.Join(logs.kept(), "\n"); !strings.Contains(said, "message 3 of conversation c1") || !strings.Contains(said, "chat restore") {
		t.Errorf("logged: %s", said)
	}
	found, err := s.Check(bg, func(chat.Progress) {})
	if err != nil || len(found.Damaged) != 1 || !strings.Contains(found.Damaged[0].String(), "message 3 of conversation c1") {
		t.Errorf("check: %v, %v", found, err)
	}
}

// Going on with what is left keeps all that can be read, says in place of what
// can't that it is lost, deletes nothing, and gives a store that is sound.
func TestSalvage(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	t.Parallel()
	for name, key := range map[string][]byte{"plain": nil, "encrypted": key1} {
		t.Run(name, func(t *testing.T) {
			m := &template{name: name, key: key}
			m.build(t)
			for kind, most := range map[string]int{"*.sst": 50, "*.mem": mutationAll, "MANIFEST": mutationAll} {
				t.Run(kind, func(t *testing.T) {
					dir := filepath.Join(t.TempDir(), "store")
					copyTree(t, m.now, dir)
					file := m.victim(t, dir, kind)
					if kind == "MANIFEST" {
						if err := os.Remove(file); err != nil {
							t.Fatal(err)
						}
					} else if err := writeOver(file, usedOf(t, file)/2, make([]byte, 4096)); err != nil {
						t.Fatal(err)
					}
					o := Options{Path: dir, EncryptionKey: key}
					found, err := CheckDirectory(bg, o, func(chat.Progress) {})
					if err != nil || len(found.Damaged) == 0 {
						t.Fatalf("check: %v, %v", found, err)
					}
					done, err := Salvage(bg, o)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := os.Stat(done.Aside); err != nil || len(done.Damaged) == 0 {
						t.Errorf("%+v, %v", done, err)
					}
					s := mustOpen(t, o)
					sound, err := s.Check(bg, func(chat.Progress) {})
					if err != nil || len(sound.Damaged) > 0 {
						t.Errorf("check after: %v, %v", sound, err)
					}
					right, lost := 0, 0
					for c := range mutationChats {
						got, err := s.Messages(bg, mutationChat(c), chat.Range{Limit: 1 << 20})
						if err != nil {
							t.Fatal(err)
						}
						for _, m := range got {
							switch m.Text {
							case mutationText(m.ClientID):
								right++
							case LostText:
								lost++
							default:
								t.Errorf("another text in %s", mutationChat(c))
							}
						}
					}
					t.Logf("%d right, %d lost of %d", right, lost, mutationAll)
					if right != done.Messages || done.Conversations != mutationChats && kind != "*.sst" {
						t.Errorf("%d right, it says %d in %d conversations", right, done.Messages, done.Conversations)
					}
					if lost != done.Lost || lost > most || right == 0 {
						t.Errorf("%d lost, it says %d", lost, done.Lost)
					}
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					if again, err := Salvage(bg, o); err != nil || len(again.Damaged) > 0 {
						t.Errorf("again: %+v, %v", again, err)
					}
				})
			}
		})
	}
}

// The engine has a new key for its tables every ten days. What is gone on with
// has the tables of all of them.
func TestSalvageKnowsKeysThatCameLater(t *testing.T) {
	dir, key := t.TempDir(), bytes.Repeat([]byte{7}, 32)
	o := Options{Path: dir, EncryptionKey: key, Logger: slog.New(slog.DiscardHandler)}
	if err := o.SetDefaults(); err != nil {
		t.Fatal(err)
	}
	const rounds = 3
	for round := range rounds {
		if round > 0 {
			// As after ten days: the store opens with a key that is new.
			eo := database.EngineOptions(&o, dir, nil)
			eo.EncryptionKeyRotationDuration = time.Nanosecond
			db, err := engine.OpenManaged(eo)
			if err != nil {
				t.Fatal(err)
			}
			txn := db.NewTransactionAt(db.MaxVersion(), true)
			if err := errors.Join(txn.Set(layout.CommitKey, nil), txn.CommitAt(db.MaxVersion()+1, nil), db.Close()); err != nil {
				t.Fatal(err)
			}
		}
		s := mustOpen(t, o)
		if _, err := visit(t, s, round); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, engine.ManifestFilename)); err != nil {
		t.Fatal(err)
	}
	out, err := Salvage(bg, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range out.Damaged {
		if strings.HasSuffix(d.File, ".sst") {
			t.Errorf("a table that is sound is called damaged: %s", d)
		}
	}
}

// A power cut may leave the head of a value log that nothing is in yet as it
// was made: that is no damage.
func TestNewValueLogMayBeLostInAPowerCut(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, Options{Path: dir})
	if _, err := visit(t, s, 1); err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "copy")
	copyTree(t, dir, cut)
	names, err := filepath.Glob(filepath.Join(cut, "*.vlog"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	f, err := os.OpenFile(names[len(names)-1], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(make([]byte, directory.LogHeader), 0)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, Options{Path: cut})
}

// An older copy that is laid over a store, by cp or rsync, leads to less than
// is there. Nothing of that may be deleted.
func TestOlderCopyLaidOverTheStoreDeletesNothing(t *testing.T) {
	fill := func(t *testing.T, dir string, from, to int, compact bool) {
		t.Helper()
		s := mustOpen(t, Options{Path: dir})
		for n := from; n < to; n++ {
			if _, err := visit(t, s, n); err != nil {
				t.Fatal(err)
			}
		}
		if compact {
			if _, err := s.Compact(bg, func(chat.Progress) {}); err != nil {
				t.Fatal(err)
			}
			for n := to; n < to+5; n++ {
				if _, err := visit(t, s, n); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var lay func(t *testing.T, from, over string)
	lay = func(t *testing.T, from, over string) {
		t.Helper()
		entries, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				if err := os.MkdirAll(filepath.Join(over, e.Name()), 0o700); err != nil {
					t.Fatal(err)
				}
				lay(t, filepath.Join(from, e.Name()), filepath.Join(over, e.Name()))
				continue
			}
			b, err := os.ReadFile(filepath.Join(from, e.Name()))
			if err == nil {
				err = os.WriteFile(filepath.Join(over, e.Name()), b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	list := func(t *testing.T, dir string) (names []string) {
		t.Helper()
		err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(name, ".sst") {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	for name, compact := range map[string]bool{"of the same files": false, "from before a compaction": true} {
		t.Run(name, func(t *testing.T) {
			dir, older := t.TempDir(), filepath.Join(t.TempDir(), "older")
			fill(t, dir, 0, 5, compact)
			if err := os.CopyFS(older, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			fill(t, dir, 20, 25, compact)
			before := list(t, dir)
			lay(t, older, dir)
			s, err := Open(bg, Options{Path: dir})
			if err == nil {
				_ = s.Close()
				t.Fatal("it opens")
			}
			if !errors.Is(err, chat.ErrDamaged) || !strings.Contains(err.Error(), "older copy") {
				t.Errorf("it says %v", err)
			}
			if after := list(t, dir); len(after) < len(before) {
				t.Errorf("of %d tables %d are left", len(before), len(after))
			}
		})
	}
}
