// Package inbox orders conversations for the agents, in memory and whatever
// stores them: where each stands, page by page, how many have something unread
// and how many wait for an answer.
package inbox

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"unique"

	"github.com/parley-chat/parley/chat"
)

// Index keeps in memory where each conversation with a message stands, and
// counts the unread. On disk each message would move its conversation to
// another key, and a page would have to pass over all the places where
// conversations have been. It takes about 100 bytes for each conversation, as
// much again for one that waits for an answer and for each agent to whom a site has
// other numbers than to most, and opening reads all their records once.
type Index struct {
	mu    sync.RWMutex
	lists map[list]*timeline
	sites map[string]int // how many conversations each site has here
	// How many are open with something unread, by site; to each agent so many more,
	// or less.
	unread   map[string]int
	byReader map[reader]int
	waiting  map[string]int // how many wait for an answer
}

// reader is an agent with regard to the conversations of a site.
type reader struct{ site, agent string }

// list names a timeline: the conversations of a site with a status, or that
// wait, all of them or those of one agent (of nobody, if that is empty).
type list struct {
	site     string
	status   chat.Status
	waiting  bool
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
	x.byReader = make(map[reader]int)
	x.waiting = make(map[string]int)
}

// entry is the part of a conversation that an inbox depends on.
type entry struct {
	place    Place // with its labels, joined by line breaks, which none has in it
	site     string
	status   chat.Status
	assignee string
	listed   bool
	unread   bool   // to agents of whom nothing else is known
	others   string // those to whom it is the other way round, each with a line break behind
	waiting  int64  // since when, in nanoseconds since 1970; 0 for not
}

func entryOf(c *chat.Conversation) entry {
	if c == nil || c.Last == 0 {
		return entry{} // without a message, or merged
	}
	e := entry{
		place:    Place{active: c.Active.UnixNano(), ID: c.ID, labels: unique.Make(strings.Join(c.Profile.Labels, "\n"))},
		site:     c.Site,
		status:   cmp.Or(c.Status, chat.Open),
		assignee: c.Assignee,
		listed:   true,
		unread:   c.Status != chat.Resolved && c.AgentUnread > 0,
	}
	if c.Status != chat.Resolved {
		e.others = others(c)
	}
	if since := c.WaitingSince(); !since.IsZero() {
		e.waiting = since.UnixNano()
	}
	return e
}

// others are the agents for whom it is not as for those of whom nothing is known:
// they have read what is unread, or have something unread where there is nothing.
func others(c *chat.Conversation) string {
	var names []string
	for agent, r := range c.Readers {
		if (r.Unread > 0) != (c.AgentUnread > 0) {
			names = append(names, agent+"\n")
		}
	}
	slices.Sort(names)
	return strings.Join(names, "")
}

// waitingPlace is where it stands among those that wait.
func (e entry) waitingPlace() Place {
	p := e.place
	p.active = -e.waiting
	return p
}

// places are the timelines that an entry is in, and where it stands there.
func (e entry) places() iter.Seq2[list, Place] {
	return func(yield func(list, Place) bool) {
		name, place := list{site: e.site, status: e.status}, e.place
		for {
			byAgent := name
			byAgent.byAgent, byAgent.assignee = true, e.assignee
			if !yield(name, place) || !yield(byAgent, place) || name.waiting || e.waiting == 0 {
				return
			}
			name.waiting, place = true, e.waitingPlace()
		}
	}
}

// count adds an entry to the numbers, or with -1 takes it off.
func (x *Index) count(e entry, n int) {
	add(x.sites, e.site, n)
	readers := n
	if e.unread {
		add(x.unread, e.site, n)
		readers = -n
	}
	for agent := range strings.Lines(e.others) {
		add(x.byReader, reader{e.site, strings.TrimSuffix(agent, "\n")}, readers)
	}
	if e.waiting != 0 {
		add(x.waiting, e.site, n)
	}
}

// add adds to a number, which is not there while it is zero.
func add[K comparable](counts map[K]int, k K, n int) {
	if counts[k] += n; counts[k] == 0 {
		delete(counts, k)
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
	for name, place := range e.places() {
		l := x.lists[name]
		if l == nil {
			l = &timeline{}
			x.lists[name] = l
		}
		l.add(place)
	}
	x.count(e, 1)
}

func (x *Index) remove(e entry) {
	if !e.listed {
		return
	}
	for name, place := range e.places() {
		l := x.lists[name]
		if l == nil {
			continue
		}
		if l.remove(place); len(l.runs) == 0 {
			delete(x.lists, name)
		}
	}
	x.count(e, -1)
}

// Load begins anew with the conversations that load adds. Nobody reads meanwhile.
func (x *Index) Load(load func(add func(*chat.Conversation)) error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.reset()
	return load(func(c *chat.Conversation) { x.add(entryOf(c)) })
}

// Count returns how many open conversations of some sites, nil for all, have
// something unread to an agent, and how many wait for an answer.
func (x *Index) Count(sites []string, agent string) (n chat.Counts) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if sites == nil {
		sites = slices.Collect(maps.Keys(x.sites))
	}
	for _, site := range distinct(sites) {
		n.Unread += x.unread[site] + x.byReader[reader{site, agent}]
		n.Waiting += x.waiting[site]
	}
	return n
}
