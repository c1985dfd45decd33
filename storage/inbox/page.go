package inbox

import (
	"cmp"
	"slices"

	"github.com/parley-chat/parley/chat"
)

// Page returns the places behind one, or from the beginning where that is nil,
// that pass the filter, and whether there are more behind them.
func (x *Index) Page(f chat.Filter, after *Place, limit int) ([]Place, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var walkers []walker
	for _, name := range x.timelines(f) {
		w := x.lists[name].after(after)
		if w.peek() != nil {
			walkers = append(walkers, w)
		}
	}
	out := make([]Place, 0, min(limit, 256))
	for len(walkers) > 0 {
		first := 0
		for i := range walkers[1:] {
			if Compare(*walkers[i+1].peek(), *walkers[first].peek()) < 0 {
				first = i + 1
			}
		}
		if p := walkers[first].peek(); f.Label == "" || hasLabel(p.labels.Value(), f.Label) {
			if len(out) == limit {
				return out, true
			}
			out = append(out, *p)
		}
		walkers[first].next()
		if walkers[first].peek() == nil {
			walkers = slices.Delete(walkers, first, first+1)
		}
	}
	return out, false
}

// timelines returns the timelines that together hold what passes the filter.
func (x *Index) timelines(f chat.Filter) []list {
	sites := distinct(f.Sites)
	if f.Sites == nil {
		for site := range x.sites {
			sites = append(sites, site)
		}
	}
	statuses := []chat.Status{f.Status}
	if f.Status == "" {
		statuses = []chat.Status{chat.Open, chat.Resolved}
	}
	var names []list
	for _, site := range sites {
		for _, status := range statuses {
			name := list{site: site, status: status}
			if name.waiting = f.Waiting; f.Waiting && status != chat.Open {
				continue
			}
			if f.Assignee != nil {
				name.byAgent, name.assignee = true, *f.Assignee
			}
			if x.lists[name] != nil {
				names = append(names, name)
			}
		}
	}
	return names
}

// Matches reports whether a conversation is one that a filter lets through. None
// without a message is.
func Matches(f chat.Filter, c *chat.Conversation) bool {
	e := entryOf(c)
	return e.listed &&
		(f.Sites == nil || slices.Contains(f.Sites, e.site)) &&
		cmp.Or(f.Status, e.status) == e.status &&
		(!f.Waiting || e.waiting != 0) &&
		(f.Label == "" || hasLabel(e.place.labels.Value(), f.Label)) &&
		(f.Assignee == nil || *f.Assignee == e.assignee)
}

func distinct(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
