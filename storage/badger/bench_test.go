package badger

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
	"github.com/parley-chat/parley/storage/badger/internal/kv"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
)

var benchText = strings.Repeat("a message of three hundred bytes ", 9)

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(context.Background(), Options{Path: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// spread runs b.N calls on so many goroutines and reports how long single ones took.
func spread(b *testing.B, writers int, call func(n int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	took := make([][]time.Duration, writers)
	b.ResetTimer()
	for w := range writers {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= b.N {
					return
				}
				began := time.Now()
				if err := call(n); err != nil {
					b.Error(err)
					return
				}
				took[w] = append(took[w], time.Since(began))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	percentiles(b, slices.Concat(took...))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func percentiles(b *testing.B, took []time.Duration) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-µs")
}

// BenchmarkAppend is the cost of an acknowledged message, over 256 conversations.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := benchStore(b)
			ids := openMany(b, s, 256)
			spread(b, writers, func(n int) error {
				_, _, err := s.ChangeConversation(context.Background(), ids[n%len(ids)], said(n), time.Now())
				return err
			})
		})
	}
}

// BenchmarkEngine is what appends are measured against: the engine alone with
// the same options, a transaction and a sync for each message.
func BenchmarkEngine(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			o := Options{Path: b.TempDir()}
			if err := o.SetDefaults(); err != nil {
				b.Fatal(err)
			}
			db, err := engine.Open(database.EngineOptions(&o, o.Path, nil))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			value := []byte(benchText)
			spread(b, writers, func(n int) error {
				return db.Update(func(txn *engine.Txn) error {
					return txn.Set(binary.BigEndian.AppendUint64(nil, uint64(n)), value)
				})
			})
		})
	}
}

func said(n int) chat.Change {
	return chat.Change{Message: &chat.Draft{ClientID: fmt.Sprintf("client-%d", n), Text: benchText, Author: chat.Author{Side: chat.Visitor}}}
}

func openMany(b *testing.B, s *Store, n int) []chat.ConversationID {
	b.Helper()
	ids := make([]chat.ConversationID, n)
	for i := range ids {
		o := chat.Owner{Site: "shop", Person: fmt.Sprint("id:", i)}
		ids[i] = chat.ConversationID(fmt.Sprintf("conversation-%09d", i))
		if _, err := s.OpenConversation(context.Background(), o, chat.Conversation{ID: ids[i], Site: o.Site, Person: o.Person, Status: chat.Open}); err != nil {
			b.Fatal(err)
		}
	}
	return ids
}

// fill has another process write conversations with so many messages each, so
// that this one's memory tells of reading alone.
func fill(b *testing.B, dir string, conversations, messages int) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFillChild$", "-test.count=1", "-test.timeout=1h")
	cmd.Env = append(os.Environ(), "PARLEY_BENCH_FILL="+dir,
		fmt.Sprintf("PARLEY_BENCH_SIZE=%d %d", conversations, messages))
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}

// TestFillChild is the process that fills.
func TestFillChild(t *testing.T) {
	dir := os.Getenv("PARLEY_BENCH_FILL")
	if dir == "" {
		return // only as a child of a benchmark
	}
	var conversations, messages int
	if _, err := fmt.Sscan(os.Getenv("PARLEY_BENCH_SIZE"), &conversations, &messages); err != nil {
		t.Fatal(err)
	}
	fillHere(t, dir, conversations, messages)
}

// fillHere writes past the writer, in the engine's own batches.
func fillHere(b testing.TB, dir string, conversations, messages int) {
	b.Helper()
	o := Options{Path: dir}
	if err := o.SetDefaults(); err != nil {
		b.Fatal(err)
	}
	db, err := database.Open(database.EngineOptions(&o, o.Path, nil).WithSyncWrites(false))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := kv.Migrate(bg, db, discard); err != nil {
		b.Fatal(err)
	}
	wb := db.NewWriteBatchAt(db.Next())
	order := rand.Perm(conversations)
	for n := range messages {
		for _, i := range order { // as they come in life: interleaved
			id := chat.ConversationID(fmt.Sprintf("conversation-%09d", i))
			m := chat.Message{Seq: chat.Seq(n + 1), ClientID: fmt.Sprintf("client-%d", n), Time: time.Unix(int64(n), 0), Text: benchText, Author: chat.Author{Side: chat.Visitor}}
			e := engine.NewEntry(layout.MessageKey(id, m.Seq), layout.EncodeMessage(&m)).WithMeta(layout.SideVisitor)
			if err := wb.SetEntry(e); err != nil {
				b.Fatal(err)
			}
			if err := wb.Set(layout.ClientIDKey(id, chat.Visitor, m.ClientID), layout.SeqValue(m.Seq)); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, i := range order {
		c := chat.Conversation{ID: chat.ConversationID(fmt.Sprintf("conversation-%09d", i)), Site: fmt.Sprint("site-", i%7),
			Person: fmt.Sprint("id:", i), Status: chat.Open, Assignee: fmt.Sprintf("agent-%d@example.com", i%97),
			Active: time.Unix(int64(i), 0), Last: chat.Seq(messages), AgentUnread: i % 2, LastSide: chat.Visitor, LastText: benchText[:120],
			Profile: chat.Profile{ID: fmt.Sprint(i), Email: fmt.Sprintf("person-%d@example.com", i), Firstname: "Ada", Lastname: "Example",
				Labels: []string{"customer", fmt.Sprint("label-", i%1000)}}}
		value, err := layout.EncodeConversation(&c)
		if err != nil {
			b.Fatal(err)
		}
		if err := wb.Set(layout.ConversationKey(c.ID), value); err != nil {
			b.Fatal(err)
		}
	}
	if err := wb.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := db.Flatten(2); err != nil { // else merging it goes on beside the reads
		b.Fatal(err)
	}
}

// rss returns the resident memory of this process in MB: all, and what of it
// is not pages of files, which the system takes back when it needs them.
func rss(b *testing.B) (all, own float64) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0 // no such figure on this system
	}
	for line := range bytes.Lines(text) {
		var kb float64
		if _, err := fmt.Sscanf(string(line), "VmRSS: %f", &kb); err == nil {
			all = kb / 1024
		}
		if _, err := fmt.Sscanf(string(line), "RssAnon: %f", &kb); err == nil {
			own = kb / 1024
		}
	}
	return all, own
}

// BenchmarkHistory reads the last 50 messages of conversations among a million
// messages: 10,000 conversations of 100 each.
func BenchmarkHistory(b *testing.B) {
	const conversations, messages = 10_000, 100
	dir := b.TempDir()
	fill(b, dir, conversations, messages)
	s, err := Open(context.Background(), Options{Path: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.Run("opened", func(b *testing.B) {
		for b.Loop() {
		}
		all, own := rss(b)
		b.ReportMetric(all, "rss-MB")
		b.ReportMetric(own, "rss-anon-MB")
	})
	b.Run("last50", func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			id := chat.ConversationID(fmt.Sprintf("conversation-%09d", rand.IntN(conversations)))
			began := time.Now()
			ms, err := s.Messages(context.Background(), id, chat.Range{Backwards: true, Limit: 50})
			took = append(took, time.Since(began))
			if err != nil || len(ms) != 50 {
				b.Fatal(len(ms), err)
			}
		}
		percentiles(b, took)
		all, own := rss(b)
		b.ReportMetric(all, "rss-MB")
		b.ReportMetric(own, "rss-anon-MB")
	})
}

// BenchmarkVerified compares pages of history with and without the verification
// of what is read, in turns in one run: of the last 50 messages of 2,000
// conversations of 100 each. Opening is inspecting and opening, per 100 MB.
func BenchmarkVerified(b *testing.B) {
	const conversations, messages, pages = 2000, 100, 200
	dir := b.TempDir()
	fill(b, dir, conversations, messages)
	took := map[bool][]time.Duration{}
	page := func(db *database.DB) time.Duration {
		began := time.Now()
		for range pages {
			id := chat.ConversationID(fmt.Sprintf("conversation-%09d", rand.IntN(conversations)))
			snap := db.Read()
			if ms, err := readRange(snap, id, chat.Range{Backwards: true, Limit: 50}); err != nil || len(ms) != 50 {
				b.Fatal(len(ms), err)
			}
			snap.Close()
		}
		return time.Since(began) / pages
	}
	o := Options{Path: dir}
	if err := o.SetDefaults(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, unverified := range []bool{true, false} {
			eo := database.EngineOptions(&o, dir, nil)
			if unverified {
				eo = eo.WithChecksumVerificationMode(options.NoVerification).WithVerifyValueChecksum(false)
			}
			db, err := database.Open(eo)
			if err != nil {
				b.Fatal(err)
			}
			if !unverified {
				g, err := database.NewVerifier(&directory.Inspection{Path: dir, Dir: dir}, db, func(...chat.Damage) {})
				if err != nil {
					b.Fatal(err)
				}
				defer g.Close()
			}
			page(db) // warms up
			for range 5 {
				took[unverified] = append(took[unverified], page(db))
			}
			if err := db.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	median := func(d []time.Duration) float64 {
		slices.Sort(d)
		return float64(d[len(d)/2].Nanoseconds()) / 1000
	}
	b.ReportMetric(median(took[true]), "unverified-µs/page")
	b.ReportMetric(median(took[false]), "verified-µs/page")
	b.ReportMetric(median(took[false])/median(took[true]), "ratio")
	size, err := disk.Used(dir)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	in := &directory.Inspection{}
	if err := in.Inspect(context.Background(), &Options{Path: dir, Logger: slog.New(slog.DiscardHandler)}, dir); err != nil || len(in.Damage) > 0 {
		b.Fatal(in.Damage, err)
	}
	b.ReportMetric(float64(time.Since(began).Milliseconds())*100*(1<<20)/float64(size), "inspect-ms/100MB")
}

// BenchmarkIdentity is what it costs to look whether the files are still those
// that were opened, once for each batch.
func BenchmarkIdentity(b *testing.B) {
	s := benchStore(b)
	for b.Loop() {
		if err := s.kv.Identity.Check(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInbox reads pages of 50 among 100,000 open conversations.
func BenchmarkInbox(b *testing.B) {
	const conversations = 100_000
	dir := b.TempDir()
	fill(b, dir, conversations, 1)
	began := time.Now()
	s, err := Open(context.Background(), Options{Path: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	opened := time.Since(began)
	agent := "agent-7@example.com"
	for name, f := range map[string]chat.Filter{
		"open":          {Status: chat.Open},
		"site":          {Status: chat.Open, Sites: []string{"site-3"}},
		"assignee":      {Status: chat.Open, Assignee: &agent},
		"site+assignee": {Status: chat.Open, Sites: []string{"site-3"}, Assignee: &agent},
		"all":           {},
		"label":         {Status: chat.Open, Label: "customer"},
		"label, rare":   {Status: chat.Open, Label: "label-77"}, // 100 of them
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			cursor := ""
			for b.Loop() {
				began := time.Now()
				cs, next, err := s.Inbox(context.Background(), f, cursor, 50)
				took = append(took, time.Since(began))
				if err != nil || len(cs) == 0 {
					b.Fatal(len(cs), err)
				}
				cursor = next
			}
			percentiles(b, took)
			b.ReportMetric(float64(opened.Milliseconds()), "open-ms")
			_, own := rss(b)
			b.ReportMetric(own, "rss-anon-MB")
		})
	}
	// Searches to the end, page by page: for nothing, a person, a phrase, a field.
	for name, f := range map[string]chat.Filter{
		"search nothing": {Search: "not to be found"},
		"search person":  {Search: "person-4711@example.com"},
		"search phrase":  {Search: `"order 777"`},
		"search field":   {Field: &chat.FieldFilter{Name: "plan", Value: "Gold"}},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				for cursor, next := "", true; next; next = cursor != "" {
					began := time.Now()
					page, err := s.Search(context.Background(), f, cursor, 50)
					took = append(took, time.Since(began))
					if err != nil {
						b.Fatal(err)
					}
					cursor = page.Next
				}
			}
			percentiles(b, took)
			b.ReportMetric(float64(len(took))/float64(b.N), "pages")
		})
	}
	b.Run("unread", func(b *testing.B) {
		for b.Loop() {
			if n, err := s.Count(context.Background(), nil, ""); err != nil || n.Unread != conversations/2 {
				b.Fatal(n, err)
			}
		}
	})
}
