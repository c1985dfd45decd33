package badger

import (
	"context"

	engine "github.com/dgraph-io/badger/v4"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/layout"
	"github.com/parley-chat/parley/storage/inbox"
)

// There is no index of words: it would make each message cost many times what
// it does, and erasing one a search of its own. A search reads what it looks
// through, the conversations with the latest activity first, a bounded amount
// for each page; the cursor goes on from there, within a conversation too.
const (
	// searchBudget is how many bytes of records one page looks through.
	searchBudget = 4 << 20
	// searchVisit is what it counts for to look into one more conversation.
	searchVisit = 4 << 10
	// searchBlock is how many messages are looked through at a time, and
	// searchStep how many conversations are looked up.
	searchBlock = 256
	searchStep  = 64
)

// search is one page of a search.
type search struct {
	words  *chat.Search
	filter chat.Filter
	start  *inbox.Place // what is ahead of it belongs to an earlier page
	limit  int
	budget int
	out    []chat.Conversation
}

func (s *Store) search(ctx context.Context, f chat.Filter, from inbox.Cursor, limit int) ([]chat.Conversation, string, error) {
	q := search{words: chat.NewSearch(f.Search), filter: f, start: from.After, limit: limit, budget: searchBudget}
	pos, more := from, true
	for more && !q.done() {
		places, behind := s.inbox.Page(f, pos.After, searchStep)
		// The snapshot comes second, so that it has all that the places name.
		err := s.view(ctx, func(r database.Snapshot) (err error) {
			more = behind
			if pos.Before > 0 { // the last page ended within this one
				if pos.Before, err = q.look(r, *pos.After, pos.Before); err != nil {
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
				if pos.Before, err = q.look(r, places[i], 0); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, "", err
		}
	}
	sortByPlace(q.filter, q.out)
	if !more && pos.Before == 0 {
		return q.out, "", nil
	}
	return q.out, pos.String(), nil
}

func (q *search) done() bool { return q.budget <= 0 || len(q.out) >= q.limit }

// look looks into one conversation, from before a message on where that is not
// zero, and returns the message that it has come to where it did not finish.
func (q *search) look(r database.Snapshot, p inbox.Place, before chat.Seq) (rest chat.Seq, err error) {
	q.budget -= searchVisit
	c, err := database.ReadConversation(r, p.ID)
	if database.IsNotFound(err) {
		return 0, nil // deleted meanwhile
	}
	if err != nil {
		return 0, err
	}
	moved := before == 0 && q.start != nil && inbox.Compare(inbox.PlaceOf(q.filter, c), *q.start) <= 0
	if !inbox.Matches(q.filter, c) || moved {
		return 0, nil
	}
	words := q.words.Remaining(c)
	found := words.Empty()
	if !found {
		if before == 0 || before > c.Last {
			before = c.Last + 1
		}
		if found, rest = q.lookAtMessages(r, c.ID, words, before); found {
			rest = 0
		}
	}
	if found {
		q.out = append(q.out, *c)
	}
	return rest, nil
}

// lookAtMessages looks through messages before a number, the last ones first.
// It returns the number that it has come to if the budget ended first.
func (q *search) lookAtMessages(r database.Snapshot, id chat.ConversationID, words *chat.Search, before chat.Seq) (found bool, rest chat.Seq) {
	for to := before - 1; to > 0; {
		from := max(to, searchBlock) - searchBlock + 1
		eachMessage(r, id, from, to, func(seq chat.Seq, item *engine.Item) bool {
			q.budget -= int(item.EstimatedSize())
			// One that can't be read is not found; reading it will tell why.
			_ = item.Value(func(value []byte) error {
				m, err := layout.DecodeMessage(seq, value)
				found = err == nil && words.Matches(&m)
				return err
			})
			return !found
		})
		if found {
			return true, 0
		}
		to = from - 1
		if q.budget <= 0 && to > 0 {
			return false, from
		}
	}
	return false, 0
}
