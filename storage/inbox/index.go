// Package inbox orders conversations for the agents, in memory and whatever
// stores them: where each stands, page by page, and how many have something
// unread.
package inbox

import (
	"cmp"
	"iter"
	"strings"
	"sync"
	"unique"

	"github.com/parley-chat/parley/chat"
)

// Index keeps in memory where each conversation with a message stands, and
// counts the unread. On disk each message would move its conversation to
// another key, and a page would have to pass over all the places where
// conversations have been. It takes about 100 bytes for each conversation, and
// opening reads all their records once.
type Index struct {
	mu     sync.RWMutex
	lists  map[list]*timeline
	sites  map[string]int // how many conversations each site has here
	unread map[string]int // and how many of them are open with something unread
}

// list names a timeline: the conversations of a site with a status, all of
// them or those of one agent (of nobody, if that is empty).
type list struct {
	site     string
	status   chat.Status
	byAgent  bool
	assignee string
}

// New returns an index without conversations.
func New() *Index {
	x := &Index{}
	x.reset()
	return x
}

func (x *Index) reset() {
	x.lists = make(map[list]*timeline)
	x.sites = make(map[string]int)
	x.unread = make(map[string]int)
}

// entry is the part of a conversation that an inbox depends on.
type entry struct {
	place    Place // with its labels, joined by commas, which none has in it
	site     string
	status   chat.Status
	assignee string
	listed   bool
	unread   bool
}

func entryOf(c *chat.Conversation) entry {
	if c == nil || c.Last == 0 {
		return entry{} // without a message, or merged
	}
	return entry{
		place:    Place{active: c.Active.UnixNano(), ID: c.ID, labels: unique.Make(strings.Join(c.Profile.Labels, ","))},
		site:     c.Site,
		status:   cmp.Or(c.Status, chat.Open),
		assignee: c.Assignee,
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

// Apply follows changes of conversations, each from what it was to what it is;
// nil for one that was not or is not any more.
func (x *Index) Apply(changes iter.Seq2[*chat.Conversation, *chat.Conversation]) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for was, is := range changes {
		before, after := entryOf(was), entryOf(is)
		if before != after {
			x.remove(before)
			x.add(after)
		}
	}
}

func (x *Index) add(e entry) {
	if !e.listed {
		return
	}
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

func (x *Index) remove(e entry) {
	if !e.listed {
		return
	}
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

// Load begins anew with the conversations that load adds. Nobody reads meanwhile.
func (x *Index) Load(load func(add func(*chat.Conversation)) error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reset()
	return load(func(c *chat.Conversation) { x.add(entryOf(c)) })
}

// CountUnread returns how many open conversations of some sites, nil for all,
// have something unread.
func (x *Index) CountUnread(sites []string) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := 0
	if sites == nil {
		for _, count := range x.unread {
			n += count
		}
		return n
	}
	for _, site := range distinct(sites) {
		n += x.unread[site]
	}
	return n
}
