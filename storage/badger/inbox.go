package badger

import (
	"context"
	"slices"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/inbox"
)

// Inbox returns a page of conversations, the latest activity first.
func (s *Store) Inbox(ctx context.Context, f chat.Filter, cursor string, limit int) ([]chat.Conversation, string, error) {
	from, err := inbox.ParseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	limit = max(limit, 1)
	var (
		out   []chat.Conversation
		pos   = from.After
		start = pos
	)
	for {
		places, more := s.inbox.Page(f, pos, limit-len(out))
		// The snapshot comes second, so that it has all that the places name.
		if err := s.view(ctx, func(r database.Snapshot) error {
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
		sortByPlace(f, out)
		if !more {
			return out, "", nil
		}
		return out, inbox.Cursor{After: pos}.String(), nil
	}
}

// appendListed reads the conversations of these places. One may have changed
// since the places were looked up: it must still pass the filter, and what has
// moved ahead of where this page starts belongs to an earlier one now.
func appendListed(out []chat.Conversation, r database.Snapshot, f chat.Filter, start *inbox.Place, places []inbox.Place) ([]chat.Conversation, error) {
	for _, p := range places {
		c, err := database.ReadConversation(r, p.ID)
		if database.IsNotFound(err) {
			continue // deleted meanwhile
		}
		if err != nil {
			return out, err
		}
		if inbox.Matches(f, c) && (start == nil || inbox.Compare(inbox.PlaceOf(f, c), *start) > 0) {
			out = append(out, *c)
		}
	}
	return out, nil
}

// sortByPlace orders conversations as an inbox with this filter does.
func sortByPlace(f chat.Filter, list []chat.Conversation) {
	slices.SortStableFunc(list, func(a, b chat.Conversation) int {
		return inbox.Compare(inbox.PlaceOf(f, &a), inbox.PlaceOf(f, &b))
	})
}

// loadInbox fills the inbox from the records.
func (s *Store) loadInbox(ctx context.Context, db *database.DB) error {
	snap := db.Read()
	defer snap.Close()
	return s.inbox.Load(func(add func(*chat.Conversation)) error {
		return snap.Each(ctx, []byte{layout.KindConversation}, func(item *engine.Item) error {
			err := item.Value(func(value []byte) error {
				last, err := layout.DecodeLast(value)
				if err != nil || last == 0 {
					return err
				}
				c, err := layout.DecodeConversation(value)
				if err == nil {
					add(c)
				}
				return err
			})
			if err != nil { // one bad record is no reason to have no chat at all
				s.log.Error("leaving an unreadable conversation out of the inbox",
					"conversation", string(item.Key()[1:]), "error", err)
			}
			return nil
		})
	})
}

// Count returns how many open conversations have something unread to an agent,
// and how many wait.
func (s *Store) Count(ctx context.Context, sites []string, agent string) (n chat.Counts, err error) {
	err = s.view(ctx, func(database.Snapshot) error {
		n = s.inbox.Count(sites, agent)
		return nil
	})
	return n, err
}
