package command_test

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/caddytest"
	"github.com/parley-chat/parley/storage/badger"
)

// administered starts a Caddy with an admin API and returns its address.
func administered(t *testing.T, global string) (*caddytest.World, string) {
	t.Helper()
	w := caddytest.Prepare(t, caddytest.Shop)
	admin := caddytest.FreeAddress(t)
	w.Load(strings.Replace(w.Caddyfile(global, caddytest.ShopIdentity), "admin off", "admin "+admin, 1))
	return w, admin
}

func grep(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // a server that runs renames and removes files
		}
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if strings.Contains(string(content), text) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCommandsAtTheServer(t *testing.T) {
	w, admin := administered(t, "")
	at := func(args ...string) []string { return append(args, "--address", admin) }
	words := "words of mia " + fmt.Sprint(4711)
	b, other := w.Browser(), w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": words})
	other.Visit("/in?as=jonas")
	other.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "words of jonas"})

	caddytest.Done(t, caddytest.Run(t, "", at("stats")...), "conversations    2 (2 open", "messages         2", "encrypted        no", "last compaction  never")
	caddytest.Done(t, caddytest.Run(t, "", at("stats", "--json")...), `"messages": 2`)

	// Export.
	archive := filepath.Join(w.Dir, "mia.zip")
	caddytest.Done(t, caddytest.Run(t, "", at("export", "--site", "shop", "--id", "mia", archive)...), "exported id:mia (MIA) of site shop: 1 message, ")
	caddytest.Ended(t, caddytest.Run(t, "", at("export", "--site", "shop", "--id", "mia", archive)...), 1, "is there already")
	caddytest.Ended(t, caddytest.Run(t, "", at("export", "--id", "nobody", filepath.Join(w.Dir, "nobody.zip"))...), 2, "nobody was found")
	caddytest.Ended(t, caddytest.Run(t, "", at("export", filepath.Join(w.Dir, "who.zip"))...), 1, "--email")
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	page, err := z.Open("conversation.html")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(page); err != nil || !strings.Contains(string(text), words) || strings.Contains(string(text), "jonas") {
		t.Errorf("%s, %v", text, err)
	}

	// Backup.
	file := filepath.Join(w.Dir, "backup")
	caddytest.Done(t, caddytest.Run(t, "", at("backup", file)...), "backed up", "not encrypted")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v", info.Mode(), err)
	}

	// Erase, not unless confirmed.
	caddytest.Ended(t, caddytest.Run(t, "", at("erase", "--email", "mia@example.com")...), 3, "id:mia (MIA) of site shop", "nothing was done")
	caddytest.Ended(t, caddytest.Run(t, "n\n", at("erase", "--email", "mia@example.com")...), 3)
	if got := b.History(""); got != words {
		t.Fatalf("not confirmed, and yet: %q", got)
	}
	tab := b.Hello("")
	caddytest.Done(t, caddytest.Run(t, "y\n", at("erase", "--email", "mia@example.com")...), "erased id:mia", "chat compact")
	tab.Expect("reset")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" || f.Texts() != "" {
		t.Fatalf("erased, and yet: %+v", f)
	}
	caddytest.Ended(t, caddytest.Run(t, "", at("erase", "--yes", "--id", "mia")...), 2)
	caddytest.Done(t, caddytest.Run(t, "", at("stats")...), "What was erased may still be", "messages         1")

	// Compact, while the other goes on.
	store := filepath.Join(w.Dir, "store")
	if len(grep(t, store, words)) == 0 {
		t.Fatal("the test looks in the wrong place")
	}
	otherTab := other.Hello("")
	caddytest.Done(t, caddytest.Run(t, "", at("compact")...), "records in", "writers waited for")
	for _, text := range []string{words, "mia@example.com"} {
		if found := grep(t, store, text); len(found) > 0 {
			t.Errorf("%q is still in %v", text, found)
		}
	}
	otherTab.Send(caddytest.Obj{"t": "send", "cid": "client-2", "text": "still here"})
	otherTab.Expect("ack")
	if got := other.History(""); got != "words of jonas|still here" {
		t.Fatalf("jonas sees %q", got)
	}
	// Who is erased and comes again is new.
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "hello again"})
	if got := b.History(""); got != "hello again" {
		t.Fatalf("mia sees %q", got)
	}

	// The directory is the server's.
	caddytest.Ended(t, caddytest.Run(t, "", "stats", "--path", store), 1, "a server is using", "leave out --path")
	caddytest.Ended(t, caddytest.Run(t, "", "restore", "--path", store, file), 1, "a server is using")

	// Restore, elsewhere.
	restored := filepath.Join(w.Dir, "restored")
	caddytest.Done(t, caddytest.Run(t, "", "restore", "--path", restored, file), "2 conversations, 2 messages, 2 people")
	caddytest.Done(t, caddytest.Run(t, "", "stats", "--path", restored), "messages         2")
	caddytest.Done(t, caddytest.Run(t, "", "erase", "--path", restored, "--id", "mia", "--yes"), "erased id:mia")
	caddytest.Done(t, caddytest.Run(t, "", "compact", "--path", restored))
	if found := grep(t, restored, words); len(found) > 0 {
		t.Errorf("the words are still in %v", found)
	}
}

func TestCommandsWithoutAServer(t *testing.T) {
	dir := t.TempDir()
	store, nobody := filepath.Join(dir, "store"), caddytest.FreeAddress(t)
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, fmt.Appendf(nil, `{
	admin %s
	chat {
		storage badger {
			path %s
			encryption_key {env.PARLEY_TEST_KEY}
		}
	}
}
`, nobody, store), 0o600); err != nil {
		t.Fatal(err)
	}
	caddytest.Ended(t, caddytest.Run(t, "", "stats", "--address", nobody), 1, "no server answers at "+nobody, "--path")
	caddytest.Ended(t, caddytest.Run(t, "", "stats", "--path", filepath.Join(dir, "none")), 1, "there is no store of Parley in")
	caddytest.Ended(t, caddytest.Run(t, "", "stats", "--config", config), 1, "there is no store of Parley in")
	if _, err := os.Stat(store); err == nil {
		t.Error("looking for a store has made one")
	}
	key := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	filled(t, badger.Options{Path: store, EncryptionKey: key}, time.Now())
	caddytest.Done(t, caddytest.Run(t, "", "stats", "--config", config), "no server answers at "+nobody, "messages         1", "encrypted        yes")
	caddytest.Done(t, caddytest.Run(t, "", "stats", "--path", store, "--encryption-key", "{env.PARLEY_TEST_KEY}"), "messages         1")
	caddytest.Ended(t, caddytest.Run(t, "", "stats", "--path", store), 1, "encryption key does not fit")
	caddytest.Ended(t, caddytest.Run(t, "", "stats", "--path", store, "--encryption-key", "short"), 1, "16, 24 or 32 bytes")

	// An encrypted backup, by way of a pipe.
	backup := caddytest.Done(t, caddytest.Run(t, "", "backup", "--config", config, "-")).Out
	if strings.Contains(backup, "id:7") || !strings.HasPrefix(backup, "Parley backup 1\n") {
		t.Errorf("the backup is %q …", backup[:min(len(backup), 200)])
	}
	again := filepath.Join(dir, "again")
	caddytest.Ended(t, caddytest.Run(t, backup[:len(backup)-10], "restore", "--path", again, "--encryption-key", "{env.PARLEY_TEST_KEY}", "-"), 1, "incomplete or damaged")
	caddytest.Ended(t, caddytest.Run(t, backup, "restore", "--path", again, "-"), 1, "give the encryption key")
	caddytest.Ended(t, caddytest.Run(t, backup, "restore", "-"), 1, "--path")
	caddytest.Done(t, caddytest.Run(t, backup, "restore", "--path", again, "--encryption-key", "{env.PARLEY_TEST_KEY}", "-"), "1 conversation, 1 message, ")
	caddytest.Ended(t, caddytest.Run(t, backup, "restore", "--config", config, "-"), 1, "is not empty")
	// A backup that fails leaves no file.
	caddytest.Ended(t, caddytest.Run(t, "", "backup", "--config", config, filepath.Join(dir, "no", "folder")), 1)
	if list, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(list) > 0 {
		t.Errorf("%v is left, %v", list, err)
	}
}

// filled makes a store with one conversation of that time.
func filled(t *testing.T, o badger.Options, at time.Time) {
	t.Helper()
	s, err := badger.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	talked(t, s, "7", at)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// talked has a person of the shop say something at some time.
func talked(t *testing.T, s chat.Store, id string, at time.Time) {
	t.Helper()
	ctx, key := context.Background(), "id:"+id
	_, err := s.SignIn(ctx, chat.Session{ID: chat.SessionID("s" + id), Site: "shop", Person: key, Created: at, Contact: at, Evidence: at},
		chat.HashOf("token"+id), chat.Profile{ID: id, Email: id + "@example.com"})
	if err == nil {
		_, err = s.OpenConversation(ctx, chat.Owner{Site: "shop", Person: key}, chat.Conversation{ID: chat.ConversationID("c" + id),
			Site: "shop", Person: key, Status: chat.Open, Created: at, Active: at})
	}
	if err == nil {
		_, _, err = s.ChangeConversation(ctx, chat.ConversationID("c"+id), chat.Change{Message: &chat.Draft{ClientID: "client-1",
			Author: chat.Author{Side: chat.Visitor}, Text: "said by " + id}}, at)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCommandAtAServerWithoutChat(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	admin := caddytest.FreeAddress(t)
	w.Load("{\n	admin " + admin + "\n	persist_config off\n}\n")
	caddytest.Ended(t, caddytest.Run(t, "", "stats", "--address", admin), 1, "configuration has no chat")
	// Other methods than those that are meant change nothing.
	resp, err := http.Get("http://" + admin + "/chat/erase")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET /chat/erase: %s", resp.Status)
	}
}

func TestRetention(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	s, err := badger.Open(context.Background(), badger.Options{Path: filepath.Join(w.Dir, "store")})
	if err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	for id, age := range map[string]time.Duration{"old": 40 * day, "lately": 20 * day, "now": 0} {
		talked(t, s, id, time.Now().Add(-age))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	w.Load(w.Caddyfile("", caddytest.ShopIdentity)) // nothing is deleted unless that is asked for
	w.Load(w.Caddyfile("retention 30d", caddytest.ShopIdentity))
	caddytest.Eventually(t, "what is old is gone", func() bool { return w.Logged("deleted what was too old", `"conversations":1`, `"people":1`) == 1 })
	if err := caddytest.TryLoad("{\n	admin off\n}"); err != nil {
		t.Fatal(err)
	}
	if s, err = badger.Open(context.Background(), badger.Options{Path: filepath.Join(w.Dir, "store")}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var left []string
	for _, id := range []string{"old", "lately", "now"} {
		if _, err := s.PersonByEmail(context.Background(), "shop", id+"@example.com"); err == nil {
			left = append(left, id)
		}
	}
	if !slices.Equal(left, []string{"lately", "now"}) {
		t.Errorf("left: %v", left)
	}
}

func TestRetentionIsRefused(t *testing.T) {
	for _, word := range []string{"retention", "retention never", "retention 5m", "retention 30d 40d", "retention 30d\nretention 40d"} {
		if _, err := caddytest.Adapt("{\n	chat {\n		" + word + "\n	}\n}\n"); err == nil || !strings.Contains(err.Error(), "retention") || !strings.Contains(err.Error(), "Caddyfile:3") && !strings.Contains(err.Error(), "Caddyfile:4") {
			t.Errorf("%s: %v", word, err)
		}
	}
	config, err := caddytest.Adapt("{\n	chat {\n		retention 365d\n	}\n}\n")
	if err != nil || !strings.Contains(string(config), `"retention":31536000000000000`) {
		t.Errorf("%s, %v", config, err)
	}
}

// A word misspelt in a crontab must not pass for a backup, at any level.
func TestUnknownCommandFails(t *testing.T) {
	const unknown, want = `unknown command \"bakcup\"`, "want one of: backup, check"
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		says []string
	}{
		{nil, []string{"needs the name of a command"}},
		{[]string{"bakcup"}, []string{unknown, want}},
		{[]string{"bakcup", "/backups/chats"}, []string{unknown, want}},
		{[]string{"bakcup", "--force", "/backups/chats"}, []string{unknown, want}},
		{[]string{"bakcup", "--path", dir}, []string{unknown, want}},
		{[]string{"--nope"}, []string{"needs the name of a command"}},
		{[]string{"help", "bakcup"}, []string{"unknown command"}},
		{[]string{"backup"}, []string{"received 0"}},
		{[]string{"backup", "a", "b", "--path", dir}, []string{"received 2"}},
		{[]string{"restore", "a", "b", "--path", dir}, []string{"received 2"}},
		{[]string{"export", "--id", "1", "--path", dir}, []string{"received 0"}},
		{[]string{"erase", "mia", "--path", dir}, []string{"mia"}},
		{[]string{"stats", "now", "--path", dir}, []string{"now"}},
		{[]string{"compact", "now", "--path", dir}, []string{"now"}},
		{[]string{"check", "now", "--path", dir}, []string{"now"}},
		{[]string{"check", "--acept", "--path", dir}, []string{"unknown flag: --acept"}},
	} {
		caddytest.Ended(t, caddytest.Run(t, "", c.args...), 1, c.says...)
	}
}
