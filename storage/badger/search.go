package badger

import (
	"bytes"
	"context"
	"time"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/timeouts"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/inbox"
)

// There is no index of words: it would make each message cost many times what
// it does, and erasing one a search of its own. A search reads what it looks
// through, the conversations with the latest activity first, a bounded amount
// for each page; the cursor goes on from there, within a conversation too.
const (
	// searchBudget is how many bytes of records one page looks through; for how
	// long says timeouts.Search.
	searchBudget = 16 << 20
	// searchVisit is what it counts for to look into one more conversation.
	searchVisit = 1 << 10
	// searchStep is how many conversations are looked up at a time.
	searchStep = 512
)

// search is one page of a search.
type search struct {
	filter chat.Filter
	words  *chat.Search
	field  []byte       // the field as it stands in a record; nil for any
	start  *inbox.Place // what is ahead of it belongs to an earlier page
	limit  int
	budget int
	until  time.Time
	looked bool // into one conversation at least, so that each page comes further
	page   chat.SearchPage

	snap     database.Snapshot
	messages *engine.Iterator // backwards over the messages of the snapshot
}

// Search returns a page of the conversations that the whole filter lets through.
func (s *Store) Search(ctx context.Context, f chat.Filter, cursor string, limit int) (chat.SearchPage, error) {
	pos, err := inbox.ParseCursor(cursor)
	if err != nil {
		return chat.SearchPage{}, err
	}
	q := search{words: chat.NewSearch(f.Search), filter: f, start: pos.After, limit: max(limit, 1),
		budget: searchBudget, until: time.Now().Add(timeouts.Search)}
	if q.field, err = layout.FieldText(f.Field); err != nil {
		return chat.SearchPage{}, err
	}
	for more := true; more && !q.done(); {
		places, behind := s.inbox.Page(f, pos.After, searchStep)
		// The snapshot comes second, so that it has all that the places name.
		err := s.view(ctx, func(r database.Snapshot) (err error) {
			q.snap, q.messages = r, r.Txn.NewIterator(engine.IteratorOptions{Prefix: []byte{layout.KindMessage}, Reverse: true})
			defer q.messages.Close()
			more = behind
			if pos.Before > 0 { // the last page ended within this one
				if pos.Before, err = q.look(*pos.After, pos.Before); err != nil {
					return err
				}
			}
			for i := range places {
				if err := ctx.Err(); err != nil {
					return err
				}
				if q.done() {
					more = true
					return nil
				}
				pos.After = &places[i]
				if pos.Before, err = q.look(places[i], 0); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return chat.SearchPage{}, err
		}
		if !more && pos.Before == 0 {
			pos.After = nil
		}
	}
	sortByPlace(q.filter, q.page.Conversations)
	// Among those that wait a place is no time of activity.
	if q.page.Next = pos.String(); q.page.Next != "" && !q.filter.Waiting {
		q.page.Reached = pos.After.Active()
	}
	return q.page, nil
}

func (q *search) done() bool {
	return q.looked && (q.budget <= 0 || len(q.page.Conversations) >= q.limit || time.Now().After(q.until))
}

// look looks into one conversation, from before a message on where that is not
// zero, and returns the message that it has come to where it did not finish.
// The record is decoded only where the words may be in it, or something was found.
func (q *search) look(p inbox.Place, before chat.Seq) (rest chat.Seq, err error) {
	q.looked = true
	q.budget -= searchVisit
	resumed := before > 0
	record, err := q.snap.Get(layout.ConversationKey(p.ID))
	if database.IsNotFound(err) {
		return 0, nil // deleted meanwhile
	}
	if err != nil {
		return 0, err
	}
	if !bytes.Contains(record.Value, q.field) {
		return 0, nil
	}
	words := q.words
	if words.Empty() || !words.RulesOut(string(record.Value)) {
		c, err := layout.DecodeConversation(record.Value)
		if err != nil {
			return 0, err
		}
		if words = words.Remaining(c); words.Empty() {
			q.found(c, resumed, nil)
			return 0, nil
		}
	}
	last, err := layout.DecodeLast(record.Value)
	if err != nil {
		return 0, err
	}
	if before == 0 || before > last {
		before = last + 1
	}
	hit, rest := q.lookAtMessages(p.ID, words, before)
	if hit == nil {
		return rest, nil
	}
	c, err := layout.DecodeConversation(record.Value)
	if err == nil {
		q.found(c, resumed, hit)
	}
	return 0, err
}

// found adds a conversation, unless it has moved to an earlier page meanwhile, or
// out of the filter.
func (q *search) found(c *chat.Conversation, resumed bool, hit *chat.Hit) {
	moved := !resumed && q.start != nil && inbox.Compare(inbox.PlaceOf(q.filter, c), *q.start) <= 0
	if moved || !inbox.Matches(q.filter, c) || !q.filter.Field.Matches(&c.Profile) {
		return
	}
	q.page.Conversations = append(q.page.Conversations, *c)
	if hit != nil {
		q.page.Hits = append(q.page.Hits, *hit)
	}
}

// lookAtMessages looks through messages before a number, the last ones first.
// It returns the number that it has come to if the page ended first.
func (q *search) lookAtMessages(id chat.ConversationID, words *chat.Search, before chat.Seq) (hit *chat.Hit, rest chat.Seq) {
	prefix := layout.MessagePrefix(id)
	for q.messages.Seek(layout.MessageKey(id, before-1)); q.messages.ValidForPrefix(prefix); q.messages.Next() {
		item := q.messages.Item()
		seq := layout.MessageSeq(item.Key())
		q.budget -= int(item.EstimatedSize())
		// One that can't be read is not found; reading it will tell why.
		_ = item.Value(func(value []byte) error {
			m, err := layout.DecodeMessage(seq, value)
			if err == nil && words.Matches(&m) {
				hit = &chat.Hit{Conversation: id, Seq: seq, Side: m.Author.Side, Excerpt: words.Excerpt(&m)}
			}
			return err
		})
		if hit != nil {
			return hit, 0
		}
		if seq > 1 && (q.budget <= 0 || seq%searchStep == 0 && time.Now().After(q.until)) {
			return nil, seq
		}
	}
	return nil, 0
}
