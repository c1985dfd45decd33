package badger

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// Inbox returns a page of conversations, the latest activity first.
func (s *Store) Inbox(ctx context.Context, f chat.Filter, cursor string, limit int) ([]chat.Conversation, string, error) {
	from, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	limit = max(limit, 1)
	if strings.TrimSpace(f.Search) != "" {
		return s.search(ctx, f, from, limit)
	}
	var (
		out   []chat.Conversation
		pos   = from.after
		start = pos
	)
	for {
		places, more := s.inbox.page(f, pos, limit-len(out))
		// The snapshot comes second, so that it has all that the places name.
		if err := s.view(ctx, func(r snapshot) error {
			out, err = appendListed(out, r, f, start, places)
			return err
		}); err != nil {
			return nil, "", err
		}
		if len(places) > 0 {
			pos = &places[len(places)-1]
		}
		if more && len(out) < limit {
			continue
		}
		slices.SortStableFunc(out, func(a, b chat.Conversation) int {
			return comparePlaces(entryOf(&a).place, entryOf(&b).place)
		})
		if !more {
			return out, "", nil
		}
		return out, formatCursor(position{after: pos}), nil
	}
}

// appendListed reads the conversations of these places. One may have changed
// since the places were looked up: it must still pass the filter, and what has
// moved ahead of where this page starts belongs to an earlier one now.
func appendListed(out []chat.Conversation, r snapshot, f chat.Filter, start *place, places []place) ([]chat.Conversation, error) {
	for _, p := range places {
		c, err := readConversation(r, p.id)
		if isNotFound(err) {
			continue // deleted meanwhile
		}
		if err != nil {
			return out, err
		}
		now := entryOf(c)
		if now.listed && matches(f, now) && (start == nil || comparePlaces(now.place, *start) > 0) {
			out = append(out, *c)
		}
	}
	return out, nil
}

// page returns the places behind a position that pass the filter, and whether
// there are more behind them.
func (x *inbox) page(f chat.Filter, pos *place, limit int) ([]place, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var walkers []walker
	for _, name := range x.timelines(f) {
		w := x.lists[name].after(pos)
		if w.peek() != nil {
			walkers = append(walkers, w)
		}
	}
	wanted := x.labels.having(f.Label)
	out := make([]place, 0, min(limit, 256))
	for len(walkers) > 0 {
		first := 0
		for i := range walkers[1:] {
			if comparePlaces(*walkers[i+1].peek(), *walkers[first].peek()) < 0 {
				first = i + 1
			}
		}
		if p := walkers[first].peek(); wanted(p.labels) {
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
func (x *inbox) timelines(f chat.Filter) []list {
	sites := unique(f.Sites)
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

func matches(f chat.Filter, e entry) bool {
	return (f.Sites == nil || slices.Contains(f.Sites, e.site)) &&
		cmp.Or(f.Status, e.status) == e.status &&
		(f.Label == "" || hasLabel(e.labels, f.Label)) &&
		(f.Assignee == nil || *f.Assignee == e.assignee)
}

func unique(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// position is where a page begins: behind a place, or within the conversation
// there, before one of its messages.
type position struct {
	after  *place   // nil for the very beginning
	before chat.Seq // zero where that conversation is done with
}

// A cursor is the time of the place in 8 bytes, then its name, in base64; and
// where it is within a conversation, a dot and the number of the message.
func formatCursor(p position) string {
	if p.after == nil {
		return ""
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(p.after.active))
	cursor := base64.RawURLEncoding.EncodeToString(append(b, p.after.id...))
	if p.before > 0 {
		cursor += "." + strconv.FormatUint(uint64(p.before), 10)
	}
	return cursor
}

func parseCursor(cursor string) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	name, number, within := strings.Cut(cursor, ".")
	b, err := base64.RawURLEncoding.Strict().DecodeString(name)
	var before uint64
	if within && err == nil {
		before, err = strconv.ParseUint(number, 10, 64)
	}
	if err != nil || len(b) <= 8 {
		return position{}, fmt.Errorf("reading the cursor of an inbox: %w", chat.ErrBadFrame)
	}
	return position{&place{active: int64(binary.BigEndian.Uint64(b)), id: chat.ConversationID(b[8:])}, chat.Seq(before)}, nil
}

// CountUnread returns how many open conversations have something unread.
func (s *Store) CountUnread(ctx context.Context, sites []string) (n int, err error) {
	err = s.view(ctx, func(snapshot) error {
		n = s.inbox.countUnread(sites)
		return nil
	})
	return n, err
}
