package badger

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
)

// inbox keeps in memory where each conversation with a message stands, and
// counts the unread. On disk each message would move its conversation to
// another key, and a page would have to pass over all the places where
// conversations have been. It takes about 100 bytes for each conversation, and
// opening reads all their records once.
type inbox struct {
	mu     sync.RWMutex
	lists  map[list]*timeline
	sites  map[string]int // how many conversations each site has here
	unread map[string]int // and how many of them are open with something unread
	labels labelSets
}

// list names a timeline: the conversations of a site with a status, all of
// them or those of one agent (of nobody, if that is empty).
type list struct {
	site     string
	status   chat.Status
	byAgent  bool
	assignee string
}

func newInbox() *inbox {
	x := &inbox{}
	x.reset()
	return x
}

func (x *inbox) reset() {
	x.lists = make(map[list]*timeline)
	x.sites = make(map[string]int)
	x.unread = make(map[string]int)
	x.labels = newLabelSets()
}

// entry is the part of a conversation that an inbox depends on.
type entry struct {
	place    place
	site     string
	status   chat.Status
	assignee string
	labels   string // joined by commas, which none has in it
	listed   bool
	unread   bool
}

func entryOf(c *chat.Conversation) entry {
	if c == nil || c.Last == 0 {
		return entry{} // without a message, or merged
	}
	return entry{
		place:    place{active: c.Active.UnixNano(), id: c.ID},
		site:     c.Site,
		status:   cmp.Or(c.Status, chat.Open),
		assignee: c.Assignee,
		labels:   strings.Join(c.Profile.Labels, ","),
		listed:   true,
		unread:   c.Status != chat.Resolved && c.AgentUnread > 0,
	}
}

// lists are the timelines that an entry is in.
func (e entry) lists() [2]list {
	return [2]list{
		{site: e.site, status: e.status},
		{site: e.site, status: e.status, byAgent: true, assignee: e.assignee},
	}
}

// apply follows what a batch has changed.
func (x *inbox) apply(changes map[chat.ConversationID]conversationChange) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, ch := range changes {
		before, after := entryOf(ch.before), entryOf(ch.after)
		if before != after {
			x.remove(before)
			x.add(after)
		}
	}
}

func (x *inbox) add(e entry) {
	if !e.listed {
		return
	}
	e.place.labels = x.labels.hold(e.labels)
	for _, name := range e.lists() {
		l := x.lists[name]
		if l == nil {
			l = &timeline{}
			x.lists[name] = l
		}
		l.add(e.place)
	}
	x.sites[e.site]++
	if e.unread {
		x.unread[e.site]++
	}
}

func (x *inbox) remove(e entry) {
	if !e.listed {
		return
	}
	x.labels.release(e.labels)
	for _, name := range e.lists() {
		l := x.lists[name]
		if l == nil {
			continue
		}
		if l.remove(e.place); len(l.runs) == 0 {
			delete(x.lists, name)
		}
	}
	if x.sites[e.site]--; x.sites[e.site] == 0 {
		delete(x.sites, e.site)
	}
	if e.unread {
		if x.unread[e.site]--; x.unread[e.site] == 0 {
			delete(x.unread, e.site)
		}
	}
}

// load fills the inbox from the records.
func (x *inbox) load(ctx context.Context, db *database, log *slog.Logger) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reset()
	snap := db.read()
	defer snap.close()
	it := snap.txn.NewIterator(engine.IteratorOptions{Prefix: []byte{kindConversation}})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := it.Item().Value(func(value []byte) error {
			last, err := decodeLast(value)
			if err != nil || last == 0 {
				return err
			}
			var c chat.Conversation
			if err := json.Unmarshal(value[lastLen:], &c); err != nil {
				return err
			}
			x.add(entryOf(&c))
			return nil
		})
		if err != nil { // one bad record is no reason to have no chat at all
			log.Error("leaving an unreadable conversation out of the inbox",
				"conversation", string(it.Item().Key()[1:]), "error", err)
		}
	}
	return nil
}

func (x *inbox) countUnread(sites []string) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := 0
	if sites == nil {
		for _, count := range x.unread {
			n += count
		}
		return n
	}
	for _, site := range unique(sites) {
		n += x.unread[site]
	}
	return n
}
