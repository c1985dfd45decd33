package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/chat"
)

// page returns a page of what a filter lets through.
func (e *env) page(f chat.Filter, cursor string, size int) ([]chat.Conversation, string, error) {
	if f.Search == "" && f.Field == nil {
		return e.Inbox(ctx, f, cursor, size)
	}
	p, err := e.Search(ctx, f, cursor, size)
	return p.Conversations, p.Next, err
}

// inbox returns the names of what an inbox lists, by pages of some size.
func (e *env) inbox(f chat.Filter, size int) []string {
	e.Helper()
	var names []string
	for cursor, pages := "", 0; ; pages++ {
		cs, next, err := e.page(f, cursor, size)
		e.must(err)
		if len(cs) > size {
			e.Fatalf("a page of %d, asked for %d", len(cs), size)
		}
		for _, c := range cs {
			names = append(names, string(c.ID))
		}
		if next == "" {
			return names
		}
		if pages > 1000 {
			e.Fatal("the pages don't end")
		}
		cursor = next
	}
}

func (e *env) lists(f chat.Filter, want ...string) {
	e.Helper()
	for _, size := range []int{100, 1, 2} {
		if got := e.inbox(f, size); !slices.Equal(got, want) {
			e.Fatalf("in pages of %d, %+v lists %q, want %q", size, f, got, want)
		}
	}
}

func testInbox(e *env) {
	e.lists(chat.Filter{})
	for i := range 4 {
		e.conversation(person(i), fmt.Sprintf("c%d", i))
	}
	e.lists(chat.Filter{}) // none has a message
	e.change("c1", visitorSays("client-1", "x"), at(1))
	e.change("c3", agentSays("client-1", "x"), at(2))
	e.change("c2", visitorSays("client-1", "x"), at(3))
	e.bothWays(func() { e.lists(chat.Filter{}, "c2", "c3", "c1") })
	e.change("c1", agentSays("client-2", "x"), at(4))
	e.change("c2", chat.Change{Note: ptr("no activity")}, at(5))
	e.bothWays(func() { e.lists(chat.Filter{}, "c1", "c2", "c3") })
	// What is listed is the conversation as it is.
	cs, _, err := e.Inbox(ctx, chat.Filter{}, "", 10)
	e.must(err)
	for _, c := range cs {
		kept, err := e.Conversation(ctx, c.ID)
		e.must(err)
		e.same("listed", c, kept)
	}
	// Ties are in some order that stays.
	for i := 10; i < 20; i++ {
		c := e.conversation(person(i), fmt.Sprintf("c%d", i))
		e.change(c.ID, visitorSays("client-1", "x"), at(100))
	}
	first := e.inbox(chat.Filter{}, 100)
	if len(first) != 13 {
		e.Fatalf("%d listed", len(first))
	}
	e.bothWays(func() { e.lists(chat.Filter{}, first...) })
	for _, cursor := range []string{"!", "AAAA", "not a cursor", "\x00", "ä"} {
		if _, _, err := e.Inbox(ctx, chat.Filter{}, cursor, 10); chat.Reason(err) != chat.ErrBadFrame {
			e.Fatalf("cursor %q: %v", cursor, err)
		}
	}
}

func testInboxFilters(e *env) {
	anna, bob, nobody, ghost := anna, "bob@example.com", "", "ghost@example.com"
	for i, c := range []struct {
		site, assignee string
		status         chat.Status
	}{
		{"a", anna, chat.Open},       // c0
		{"a", nobody, chat.Open},     // c1
		{"b", anna, chat.Resolved},   // c2
		{"b", bob, chat.Open},        // c3
		{"c", nobody, chat.Open},     // c4
		{"a", bob, chat.Resolved},    // c5
		{"ab", anna, chat.Open},      // c6
		{"c", nobody, chat.Resolved}, // c7
	} {
		o := chat.Owner{Site: c.site, Person: "id:1" + fmt.Sprint(i)}
		id := e.conversation(o, fmt.Sprintf("c%d", i)).ID
		e.change(id, visitorSays("client-1", "x"), at(i))
		e.change(id, chat.Change{Status: c.status, Assignee: &c.assignee}, at(i))
	}
	check := func() {
		e.Helper()
		e.lists(chat.Filter{}, "c7", "c6", "c5", "c4", "c3", "c2", "c1", "c0")
		e.lists(chat.Filter{Status: chat.Open}, "c6", "c4", "c3", "c1", "c0")
		e.lists(chat.Filter{Status: chat.Resolved}, "c7", "c5", "c2")
		e.lists(chat.Filter{Sites: []string{"a"}}, "c5", "c1", "c0")
		e.lists(chat.Filter{Sites: []string{"c", "a", "a"}, Status: chat.Open}, "c4", "c1", "c0")
		e.lists(chat.Filter{Sites: []string{"nowhere"}})
		e.lists(chat.Filter{Sites: []string{}})
		e.lists(chat.Filter{Assignee: &anna}, "c6", "c2", "c0")
		e.lists(chat.Filter{Assignee: &nobody}, "c7", "c4", "c1")
		e.lists(chat.Filter{Assignee: &ghost})
		e.lists(chat.Filter{Assignee: &anna, Sites: []string{"a", "b"}}, "c2", "c0")
		e.lists(chat.Filter{Assignee: &anna, Sites: []string{"a", "b"}, Status: chat.Open}, "c0")
	}
	e.bothWays(check)
	// A change moves it from list to list.
	e.change("c0", chat.Change{Assignee: &bob, Status: chat.Resolved}, at(50))
	e.bothWays(func() {
		e.lists(chat.Filter{Assignee: &anna}, "c6", "c2")
		e.lists(chat.Filter{Assignee: &bob}, "c5", "c3", "c0")
		e.lists(chat.Filter{Assignee: &bob, Status: chat.Open}, "c3")
		e.lists(chat.Filter{Sites: []string{"a"}, Status: chat.Resolved}, "c5", "c0")
	})
	// A visitor's message reopens.
	e.change("c0", visitorSays("client-2", "again"), at(60))
	e.bothWays(func() { e.lists(chat.Filter{Assignee: &bob, Status: chat.Open}, "c0", "c3") })
}

// Between two pages others come to the front: what has not moved is listed
// once, in order.
func testInboxPages(e *env) {
	const n = 40
	for i := range n {
		c := e.conversation(person(i), fmt.Sprintf("c%02d", i))
		e.change(c.ID, visitorSays("client-1", "x"), at(i))
	}
	moved := make(map[string]bool)
	var seen []string
	for cursor, page := "", 0; ; page++ {
		cs, next, err := e.Inbox(ctx, chat.Filter{Status: chat.Open}, cursor, 6)
		e.must(err)
		for _, c := range cs {
			seen = append(seen, string(c.ID))
		}
		if next == "" {
			break
		}
		cursor = next
		// One that was listed, one that is still to come, and a new one.
		for _, i := range []int{n - 1 - page, page} {
			id := fmt.Sprintf("c%02d", i)
			moved[id] = true
			e.change(chat.ConversationID(id), visitorSays(fmt.Sprint("moved-", page), "y"), at(1000+page))
		}
		c := e.conversation(person(1000+page), fmt.Sprint("new", page))
		e.change(c.ID, visitorSays("client-1", "x"), at(1000+page))
		if page == 2 {
			e.reopen() // a cursor outlives the process
		}
	}
	count := make(map[string]int)
	for _, id := range seen {
		count[id]++
	}
	for i := n - 1; i >= 0; i-- {
		id := fmt.Sprintf("c%02d", i)
		if !moved[id] && count[id] != 1 || count[id] > 1 {
			e.Fatalf("%s was listed %d times in %q", id, count[id], seen)
		}
	}
	seen = slices.DeleteFunc(seen, func(id string) bool { return moved[id] })
	if !slices.IsSortedFunc(seen, func(a, b string) int { return -compare(a, b) }) {
		e.Fatalf("out of order: %q", seen)
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func testInboxWhileMoving(e *env) {
	const still, busy = 30, 10
	for i := range still + busy {
		c := e.conversation(person(i), fmt.Sprintf("c%02d", i))
		e.change(c.ID, visitorSays("client-1", "x"), at(i))
	}
	stop := make(chan struct{})
	done := make(chan []error)
	go func() {
		done <- atOnce(4, func(w int) error {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return nil
				default:
				}
				id := chat.ConversationID(fmt.Sprintf("c%02d", still+(w*3+i)%busy))
				ch := visitorSays(fmt.Sprintf("busy-%d-%d", w, i), "x")
				ch.Assignee = ptr(fmt.Sprintf("agent-%d@example.com", i%2))
				if _, _, err := e.ChangeConversation(ctx, id, ch, at(1000+i)); err != nil {
					return err
				}
			}
		})
	}()
	for range 30 {
		count := make(map[chat.ConversationID]int)
		for cursor := ""; ; {
			cs, next, err := e.Inbox(ctx, chat.Filter{Status: chat.Open}, cursor, 7)
			e.must(err)
			last := time.Time{}
			for _, c := range cs {
				count[c.ID]++
				if !last.IsZero() && c.Active.After(last) {
					e.Errorf("a page is out of order")
				}
				last = c.Active
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		for i := range still {
			if id := chat.ConversationID(fmt.Sprintf("c%02d", i)); count[id] != 1 {
				e.Errorf("%s was listed %d times", id, count[id])
			}
		}
		for i := range 2 {
			f := chat.Filter{Assignee: ptr(fmt.Sprintf("agent-%d@example.com", i))}
			cs, _, err := e.Inbox(ctx, f, "", 100)
			e.must(err)
			for _, c := range cs {
				if c.Assignee != *f.Assignee {
					e.Errorf("%s listed %s's", *f.Assignee, c.Assignee)
				}
			}
		}
	}
	close(stop)
	for _, err := range <-done {
		e.must(err)
	}
	if got := len(e.inbox(chat.Filter{}, 100)); got != still+busy {
		e.Fatalf("%d listed at last", got)
	}
}

func testCount(e *env) {
	check := func(sites []string, unread, waiting int) {
		e.Helper()
		n, err := e.Count(ctx, sites, anna)
		e.must(err)
		if n != (chat.Counts{Unread: unread, Waiting: waiting}) {
			e.Fatalf("%+v of %q, want %d unread, %d waiting", n, sites, unread, waiting)
		}
	}
	check(nil, 0, 0)
	for i, s := range []string{"a", "a", "b", "c"} {
		o := chat.Owner{Site: s, Person: fmt.Sprint("id:", i)}
		e.say(e.conversation(o, fmt.Sprintf("c%d", i)).ID, 3)
	}
	e.bothWays(func() {
		check(nil, 4, 4)
		check([]string{}, 0, 0)
		check([]string{"a"}, 2, 2)
		check([]string{"a", "c", "a"}, 3, 3)
		check([]string{"nowhere"}, 0, 0)
	})
	e.change("c0", readBy(anna, 1), at(10)) // not all
	check([]string{"a"}, 2, 2)
	e.change("c0", readBy(anna, 3), at(10))
	e.change("c1", agentSays("client-9", "x"), at(11))
	e.change("c2", chat.Change{Status: chat.Resolved}, at(12))
	e.bothWays(func() {
		check([]string{"a"}, 0, 1)
		check([]string{"b"}, 0, 0)
		check(nil, 1, 2)
	})
	e.change("c2", chat.Change{Status: chat.Open}, at(13))
	e.change("c0", visitorSays("client-8", "x"), at(14))
	e.bothWays(func() { check(nil, 3, 3) })
}
