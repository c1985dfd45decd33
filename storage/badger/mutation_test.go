package badger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
)

// What the store has that is mutated: several tables, a value log, a log with
// commits that are in no table yet, and CURRENT.
const (
	mutationChats    = 24
	mutationMessages = 80
	mutationFile     = 300 << 10
)

func mutationOwner(c int) chat.Owner {
	return chat.Owner{Site: "shop", Person: fmt.Sprint("id:", c)}
}

func mutationChat(c int) chat.ConversationID {
	return chat.ConversationID(fmt.Sprintf("conversation-%02d", c))
}

// mutationText is what the message says; it is never the same twice.
func mutationText(id string) string { return strings.Repeat(id+" ", 3000/(len(id)+1)) }

func mutationContent(c int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "file %02d ", c), mutationFile/8)[:mutationFile]
}

// mutationSpeak has all conversations say something, from a number on.
func mutationSpeak(t *testing.T, s *Store, from, to int) {
	t.Helper()
	var g sync.WaitGroup
	for c := range mutationChats {
		g.Go(func() {
			conv, err := s.OpenConversation(bg, mutationOwner(c), chat.Conversation{ID: mutationChat(c), Site: "shop",
				Person: mutationOwner(c).Person, Status: chat.Open})
			for n := from; n < to && err == nil; n++ {
				id := fmt.Sprintf("m-%d-%d", c, n)
				_, _, err = s.ChangeConversation(bg, conv.ID, says(id, mutationText(id)), time.Now())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
}

func mutationAttach(t *testing.T, s *Store, c int) {
	t.Helper()
	id := chat.AttachmentID(fmt.Sprintf("file-%02d", c))
	a, err := s.Upload(bg, chat.Upload{ID: id, Conversation: mutationChat(c), Side: chat.Visitor, Name: "a.bin", Type: "application/octet-stream", Created: time.Now()},
		bytes.NewReader(mutationContent(c)))
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprintf("f-%d", c)
	_, _, err = s.ChangeConversation(bg, mutationChat(c), chat.Change{Message: &chat.Draft{ClientID: said, Text: mutationText(said),
		Author: chat.Author{Side: chat.Visitor}, Attachments: []chat.Attachment{a}}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
}

// template is a store to mutate: as it is, and as it was before.
type template struct {
	name, now, before string
	key               []byte
	closed            bool     // in order, and not killed
	kinds             []string // of files, to mutate
}

// build fills a store and copies its files as a process that is killed leaves
// them.
func (m *template) build(t *testing.T) {
	t.Helper()
	root := t.TempDir()
	m.now, m.before = filepath.Join(root, "now"), filepath.Join(root, "before")
	dir := filepath.Join(root, "live")
	s := mustOpen(t, Options{Path: dir, EncryptionKey: m.key})
	mutationSpeak(t, s, 0, 50)
	for c := range 4 {
		mutationAttach(t, s, c)
	}
	if _, err := s.Compact(bg, func(chat.Progress) {}); err != nil {
		t.Fatal(err)
	}
	mutationSpeak(t, s, 50, 60)
	copyTree(t, dir, m.before)
	mutationSpeak(t, s, 60, mutationMessages)
	for c := 4; c < 12; c++ {
		mutationAttach(t, s, c)
	}
	// Tables are merged and written in the background; what is copied must be
	// of one moment.
	if m.closed {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	copyTree(t, dir, m.now)
	for copied := filesOf(t, m.now); !m.closed && !slices.Equal(copied, filesOf(t, dir)); copied = filesOf(t, m.now) {
		if err := os.RemoveAll(m.now); err != nil {
			t.Fatal(err)
		}
		copyTree(t, dir, m.now)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// copyTree copies a directory, leaving out what is zeros.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return disk.UnlessRemoved(err)
		}
		rel, _ := filepath.Rel(from, name)
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		return disk.UnlessRemoved(copyUsed(name, filepath.Join(to, rel)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func copyUsed(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	buf, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	at := int64(0)
	for {
		n, err := in.Read(buf)
		if n > 0 && !bytes.Equal(buf[:n], zeros[:n]) {
			if _, err := out.WriteAt(buf[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
		if err == io.EOF {
			return out.Truncate(at)
		} else if err != nil {
			return err
		}
	}
}

func filesOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return disk.UnlessRemoved(err)
		}
		info, err := d.Info()
		if err == nil {
			rel, _ := filepath.Rel(dir, name)
			names = append(names, fmt.Sprint(rel, " ", info.Size()))
		}
		return disk.UnlessRemoved(err)
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// victim finds the file of a kind that has most in it.
func (m *template) victim(t *testing.T, dir, pattern string) string {
	t.Helper()
	var best string
	var most int64 = -1
	for _, sub := range []string{"", "data-000001"} {
		names, err := filepath.Glob(filepath.Join(dir, sub, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if n := usedOf(t, name); n > most {
				best, most = name, n
			}
		}
	}
	if most < 0 {
		t.Fatalf("%s has no %s", m.name, pattern)
	}
	return best
}

// usedOf is the size of a file without the zeros at its end.
func usedOf(t *testing.T, name string) int64 {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return int64(len(bytes.TrimRight(b, "\x00")))
}

// mutations are what is done to a file, of which so many bytes are used.
var mutations = []struct {
	name string
	do   func(t *testing.T, m *template, file string, used int64) error
}{
	{"cut in half", func(_ *testing.T, _ *template, file string, used int64) error { return os.Truncate(file, used/2) }},
	{"last bytes cut", func(_ *testing.T, _ *template, file string, used int64) error {
		return os.Truncate(file, max(used-7, 0))
	}},
	{"4 KiB of zeros", func(_ *testing.T, _ *template, file string, used int64) error {
		return writeOver(file, used/2, make([]byte, min(4096, used-used/2)))
	}},
	{"a bit early", func(_ *testing.T, _ *template, file string, used int64) error { return flip(file, min(200, used/8)) }},
	{"a bit in the middle", func(_ *testing.T, _ *template, file string, used int64) error { return flip(file, used/2) }},
	{"a bit near the end", func(_ *testing.T, _ *template, file string, used int64) error { return flip(file, max(used-12, 0)) }},
	{"removed", func(_ *testing.T, _ *template, file string, _ int64) error { return os.Remove(file) }},
	{"an older copy", func(t *testing.T, m *template, file string, _ int64) error { return m.older(t, file) }},
	{"bytes appended", func(_ *testing.T, _ *template, file string, _ int64) error {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		return writeOver(file, info.Size(), bytes.Repeat([]byte("junk"), 100))
	}},
}

// older puts the file as it was before in its place, or another of its kind
// where there was none.
func (m *template) older(t *testing.T, file string) error {
	from := filepath.Join(m.before, filepath.Base(file))
	if filepath.Base(filepath.Dir(file)) == "data-000001" {
		from = filepath.Join(m.before, "data-000001", filepath.Base(file))
	}
	if _, err := os.Stat(from); err != nil {
		names, _ := filepath.Glob(filepath.Join(filepath.Dir(from), "*"+filepath.Ext(file)))
		if filepath.Ext(file) == ".sst" {
			names, _ = filepath.Glob(filepath.Join(filepath.Dir(file), "*.sst"))
		}
		for _, name := range names {
			if name != file {
				from = name
			}
		}
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.Truncate(file, 0); err != nil {
		return err
	}
	return writeOver(file, 0, b)
}

func writeOver(file string, at int64, b []byte) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, at)
	return errors.Join(err, f.Close())
}

func flip(file string, at int64) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b := make([]byte, 1)
	if _, err = f.ReadAt(b, at); err == nil {
		b[0] ^= 4
		_, err = f.WriteAt(b, at)
	}
	return errors.Join(err, f.Close())
}

// seen is what a process saw of a store.
type seen struct {
	Refused   string   // why it did not open
	Right     int      // messages and files as they were written
	Damaged   int      // conversations and files that were told as damaged
	Lies      []string // what was absent or other than what was acknowledged
	Logged    []string // errors and warnings with their remedy
	Acked     []string // new messages that were acknowledged
	Failed    int      // new messages that were refused
	WasClosed string   // the error of closing
	died      bool
}

// logKeeper keeps what is logged as a warning or error.
type logKeeper struct {
	mu    sync.Mutex
	lines []string
}

func (*logKeeper) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (k *logKeeper) WithAttrs([]slog.Attr) slog.Handler             { return k }
func (k *logKeeper) WithGroup(string) slog.Handler                  { return k }
func (k *logKeeper) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += fmt.Sprint(" ", a.Key, "=", a.Value); return true })
	k.keep(line)
	return nil
}

func (k *logKeeper) keep(line string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lines = append(k.lines, line)
}

// kept is what was logged until now: the engine's goroutines may go on logging,
// after a store was closed too if that failed.
func (k *logKeeper) kept() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.lines)
}

// TestMutationChild opens a store, reads all of it and says what it saw.
func TestMutationChild(t *testing.T) {
	dir := os.Getenv("PARLEY_TEST_MUTATED")
	if dir == "" {
		t.Skip("no test by itself: TestMutations runs it in a process of its own")
	}
	out := os.NewFile(3, "out")
	logs := &logKeeper{}
	var sees seen
	defer func() {
		sees.Logged = logs.kept()
		if err := json.NewEncoder(out).Encode(sees); err != nil {
			t.Fatal(err)
		}
	}()
	o := Options{Path: dir, EncryptionKey: []byte(os.Getenv("PARLEY_TEST_KEY")), Logger: slog.New(logs)}
	s, err := Open(bg, o)
	if err != nil {
		sees.Refused = err.Error()
		return
	}
	var more []string
	if err := json.Unmarshal([]byte(os.Getenv("PARLEY_TEST_MORE")), &more); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("PARLEY_TEST_RUNNING") != "" {
		w := &kv.Watcher{Store: s.kv}
		awaitTables(t, s)
		w.Look() // as it does while a process goes on
		sees.speak(s)
		more = append(more, sees.Acked...)
		fmt.Fprintln(out, "ready")
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		sees.look(s, more)
		sees.speak(s)
		for range 3 {
			w.Look()
		}
		sees.awaitHealed(s, logs)
		sees.speak(s)
		more = slices.Clone(sees.Acked)
		if _, err := s.Check(bg, func(chat.Progress) {}); err != nil {
			logs.keep(err.Error())
		}
	}
	sees.look(s, more)
	if err := s.Close(); err != nil {
		sees.WasClosed = err.Error()
	}
}

// look reads everything that was acknowledged.
func (v *seen) look(s *Store, more []string) {
	v.Right, v.Damaged = 0, 0
	wrong := func(what string, err error) {
		if errors.Is(err, chat.ErrUnavailable) {
			v.Damaged++
			return
		}
		v.Lies = append(v.Lies, fmt.Sprint(what, ": ", err))
	}
	expected := map[chat.ConversationID][]string{}
	for c := range mutationChats {
		for n := range mutationMessages {
			expected[mutationChat(c)] = append(expected[mutationChat(c)], fmt.Sprintf("m-%d-%d", c, n))
		}
	}
	for _, id := range more {
		expected[mutationChat(0)] = append(expected[mutationChat(0)], id)
	}
	for c := range mutationChats {
		id := mutationChat(c)
		if got, err := s.ConversationOf(bg, mutationOwner(c)); err != nil {
			wrong(string(id), err)
			continue
		} else if got.ID != id {
			v.Lies = append(v.Lies, fmt.Sprint("another conversation than ", id))
		}
		got, err := s.Messages(bg, id, chat.Range{Limit: 1 << 20})
		if err != nil {
			wrong(string(id), err)
			continue
		}
		there := map[string]*chat.Message{}
		for i, m := range got {
			if m.Text != mutationText(m.ClientID) {
				v.Lies = append(v.Lies, fmt.Sprint("another text in ", id))
			}
			there[m.ClientID] = &got[i]
		}
		for _, want := range expected[id] {
			if there[want] == nil {
				v.Lies = append(v.Lies, fmt.Sprint(want, " is absent"))
			} else {
				v.Right++
			}
		}
		if c >= 12 {
			continue
		}
		m := there[fmt.Sprintf("f-%d", c)]
		if m == nil {
			v.Lies = append(v.Lies, fmt.Sprint("the file of ", id, " is absent"))
			continue
		}
		_, r, err := s.Attachment(bg, id, m.Seq, m.Attachments[0].ID)
		var content []byte
		if err == nil {
			content, err = io.ReadAll(r)
		}
		if err != nil {
			wrong("the file of "+string(id), err)
		} else if !bytes.Equal(content, mutationContent(c)) {
			v.Lies = append(v.Lies, fmt.Sprint("another file in ", id))
		} else {
			v.Right++
		}
	}
}

// awaitHealed waits until a store that opens again by itself is open.
func (v *seen) awaitHealed(s *Store, logs *logKeeper) {
	heals := strings.Contains(strings.Join(logs.kept(), "\n"), "to open it again")
	for end := time.Now().Add(30 * time.Second); heals && s.kv.Current() == nil && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond) // between two looks; nothing depends on it
	}
}

// speak says some more, and remembers what was acknowledged.
func (v *seen) speak(s *Store) {
	for range 5 {
		id := fmt.Sprintf("new-%d", len(v.Acked)+v.Failed)
		ctx, cancel := context.WithTimeout(bg, 10*time.Second)
		_, _, err := s.ChangeConversation(ctx, mutationChat(0), says(id, mutationText(id)), time.Now())
		cancel()
		if err != nil {
			v.Failed++
		} else {
			v.Acked = append(v.Acked, id)
		}
	}
}

// watch runs a process on a store; meanwhile is called while it has it open,
// unless that is nil. It fails the test if the process dies.
func (m *template) watch(t *testing.T, dir string, more []string, mayDie bool, meanwhile func()) (sees seen) {
	t.Helper()
	list, err := json.Marshal(more)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestMutationChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), "PARLEY_TEST_MUTATED="+dir, "PARLEY_TEST_KEY="+string(m.key), "PARLEY_TEST_MORE="+string(list))
	if meanwhile != nil {
		cmd.Env = append(cmd.Env, "PARLEY_TEST_RUNNING=1")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.ExtraFiles = []*os.File{w}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close() // the process has its own
	lines := bufio.NewReader(r)
	if meanwhile != nil {
		if line, err := lines.ReadString('\n'); err != nil || line != "ready\n" {
			t.Errorf("it did not open: %q, %v", line, err)
		}
		meanwhile()
		if _, err := io.WriteString(in, "go on\n"); err != nil {
			t.Error(err)
		}
	}
	line, readErr := lines.ReadBytes('\n')
	err = cmd.Wait()
	if err == nil {
		err = readErr
	}
	if err == nil {
		err = json.Unmarshal(line, &sees)
	}
	if err != nil && mayDie {
		return seen{died: true}
	}
	if err != nil {
		t.Fatalf("the process died: %v\n%.30000s", err, said.String())
	}
	return sees
}

// told reports whether an operator was told what to do.
func (v *seen) told() bool {
	for _, text := range append([]string{v.Refused, v.WasClosed}, v.Logged...) {
		if strings.Contains(text, "chat restore") || strings.Contains(text, "chat backup") {
			return true
		}
	}
	return false
}

// outcome says it in a few words.
func (v *seen) outcome(all int) string {
	switch {
	case v.died:
		return "**may end the process**"
	case v.Refused != "":
		return "refused"
	case v.Right == all && len(v.Logged) == 0:
		return "all is there"
	case v.Right == all:
		return "all is there, logged"
	default:
		return "damaged is told, the rest is there"
	}
}

const mutationAll = mutationChats*mutationMessages + 12

// honest fails the test if something that was acknowledged is absent or another
// without a word.
func (v *seen) honest(t *testing.T, all int) {
	t.Helper()
	if len(v.Lies) > 0 {
		t.Errorf("%d lies, such as %q", len(v.Lies), v.Lies[0])
	}
	if (v.Refused != "" || v.Right < all) && !v.told() {
		t.Errorf("nothing tells what to do: refused %q, logged %q", v.Refused, v.Logged)
	}
}

// TestMutations damages a store in each way that a disk, a copy or a hand can,
// at rest and under a process that has it open. Whatever was done: the process
// goes on, and what was acknowledged is there, or the log says that it is not
// and what to do. A store that is refused is left as it is.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	t.Parallel()
	var mu sync.Mutex
	var table []string
	t.Cleanup(func() { t.Logf("\n%s", strings.Join(table, "\n")) })
	for _, m := range []*template{
		{name: "plain", kinds: []string{"*.sst", "*.mem", "*.vlog", "MANIFEST", "DISCARD", "PROBE", "KNOWN", "CURRENT"}},
		{name: "encrypted", key: key1, kinds: []string{"*.sst", "*.mem", "*.vlog", "KEYREGISTRY"}},
		{name: "closed", closed: true, kinds: []string{"*.sst", "MANIFEST", "KEYREGISTRY"}},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.build(t)
			for _, kind := range m.kinds {
				for _, mutation := range mutations {
					if !m.does(mutation.name) {
						continue
					}
					t.Run(kind+"/"+mutation.name, func(t *testing.T) {
						t.Parallel()
						rest := m.atRest(t, kind, func(file string, used int64) {
							if err := mutation.do(t, m, file, used); err != nil {
								t.Fatal(err)
							}
						})
						running := ""
						if m.runs(kind, mutation.name) {
							// Who writes another table over one that is in use changes
							// its index in the engine's memory.
							mayDie := kind == "*.sst" && mutation.name == "an older copy"
							running = m.running(t, kind, mayDie, func(file string, used int64) {
								if err := mutation.do(t, m, file, used); err != nil {
									t.Error(err)
								}
							})
						}
						mu.Lock()
						defer mu.Unlock()
						table = append(table, fmt.Sprintf("| %s | `%s` | %s | %s | %s |", m.name, kind, mutation.name, rest, running))
					})
				}
			}
		})
	}
}

// coarse are the mutations that all kinds of stores go through, and that are
// done under a process as well. With PARLEY_MUTATIONS=all it is all of them,
// which takes some minutes.
var coarse = []string{"cut in half", "4 KiB of zeros", "a bit in the middle", "removed", "an older copy"}

func (m *template) does(mutation string) bool {
	return os.Getenv("PARLEY_MUTATIONS") == "all" || m.name == "plain" || slices.Contains(coarse, mutation)
}

func (m *template) runs(kind, mutation string) bool {
	if m.name == "closed" {
		return false
	}
	return os.Getenv("PARLEY_MUTATIONS") == "all" ||
		(m.name == "plain" || kind == "KEYREGISTRY" || kind == "*.sst") && slices.Contains(coarse, mutation)
}

func (m *template) atRest(t *testing.T, kind string, mutate func(string, int64)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	copyTree(t, m.now, dir)
	file := m.victim(t, dir, kind)
	mutate(file, usedOf(t, file))
	before := filesOf(t, dir)
	sees := m.watch(t, dir, nil, false, nil)
	sees.honest(t, mutationAll)
	if sees.Refused != "" {
		if after := filesOf(t, dir); !slices.Equal(before, after) {
			t.Errorf("it was refused and is changed:\n%q\n%q", before, after)
		}
	}
	return sees.outcome(mutationAll)
}

func (m *template) running(t *testing.T, kind string, mayDie bool, mutate func(string, int64)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	copyTree(t, m.now, dir)
	sees := m.watch(t, dir, nil, mayDie, func() {
		file := m.victim(t, dir, kind)
		mutate(file, usedOf(t, file))
	})
	all := mutationAll + len(sees.Acked)
	if !sees.died {
		sees.honest(t, all)
	}
	after := m.watch(t, dir, sees.Acked, false, nil)
	after.honest(t, all)
	stores := "stores"
	if sees.Failed > 0 {
		stores = fmt.Sprintf("refuses %d of 10 messages", sees.Failed)
	}
	return fmt.Sprintf("%s, %s; after the restart %s", sees.outcome(all), stores, after.outcome(all))
}
