package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/chat"
)

func testInboxLabels(e *env) {
	for i, labels := range [][]string{{"vip"}, nil, {"vip", "new"}, {"vipers"}, {"new", "vip"}, {"a vip"}} {
		c := e.conversation(person(i), fmt.Sprintf("c%d", i))
		e.change(c.ID, chat.Change{Profile: &chat.Profile{Labels: labels}}, at(i))
		e.change(c.ID, visitorSays("client-1", "x"), at(i))
	}
	// What a page's script says is no label.
	e.change("c1", chat.Change{Unverified: &chat.Profile{Labels: []string{"vip"}}, Assignee: ptr("anna@example.com")}, at(1))
	e.change("c2", chat.Change{Assignee: ptr("anna@example.com")}, at(2))
	e.bothWays(func() {
		e.lists(chat.Filter{Label: "vip"}, "c4", "c2", "c0")
		e.lists(chat.Filter{Label: "new"}, "c4", "c2")
		e.lists(chat.Filter{Label: "vipers"}, "c3")
		e.lists(chat.Filter{Label: "vip,new"})
		e.lists(chat.Filter{Label: "VIP"})
		e.lists(chat.Filter{Label: "vip", Assignee: ptr("anna@example.com")}, "c2")
		e.lists(chat.Filter{Label: "vip", Status: chat.Resolved})
		e.lists(chat.Filter{Label: "vip", Sites: []string{"elsewhere"}})
	})
	e.change("c0", chat.Change{Profile: &chat.Profile{Labels: []string{"old"}}}, at(9))
	e.change("c1", chat.Change{Profile: &chat.Profile{Labels: []string{"vip"}}}, at(9))
	e.change("c4", chat.Change{Profile: &chat.Profile{}}, at(9))
	e.bothWays(func() {
		e.lists(chat.Filter{Label: "vip"}, "c2", "c1")
		e.lists(chat.Filter{Label: "old"}, "c0")
	})
}

func testInboxSearch(e *env) {
	for i, text := range []string{"My order 4711 is late", "Wo bleibt die BESTELLUNG über 3 €?", "order", "…", "x"} {
		c := e.conversation(person(i), fmt.Sprintf("c%d", i))
		e.change(c.ID, visitorSays("client-1", text), at(i))
		e.change(c.ID, agentSays("client-2", "One moment please"), at(10+i))
	}
	e.change("c3", chat.Change{Profile: &chat.Profile{Firstname: "Ada", Lastname: "Lovelace", Email: "ada@order.example"}}, at(20))
	e.change("c4", chat.Change{Unverified: &chat.Profile{Firstname: "Äda"}, Status: chat.Resolved}, at(20))
	a := e.uploaded("file", "c2", 10)
	e.change("c2", files(visitorSays("client-3", ""), a), at(12))
	unsearched := e.conversation(chat.Owner{Site: "elsewhere", Person: "id:1"}, "c9")
	e.change(unsearched.ID, visitorSays("client-1", "My order 4711 is late"), at(30))
	e.conversation(person(99), "silent")
	here := []string{site}
	e.bothWays(func() {
		for search, want := range map[string][]string{
			"order":             {"c3", "c2", "c0"},
			"  ORDER ":          {"c3", "c2", "c0"},
			"late 47 order":     {"c0"}, // in any order, parts of words
			"late moment":       nil,    // not in one message
			"ada moment":        {"c3"}, // in the name, and in a message
			"lovelace ada":      {"c3"},
			"ada@order.example": {"c3"},
			"äda":               {"c4"},
			"bestellung ÜBER €": {"c1"},
			"grüße <file>":      {"c2"},
			"please":            {"c4", "c3", "c2", "c1", "c0"},
			"nothing at all":    nil,
			"please\x00":        nil,
			" ":                 {"c4", "c3", "c2", "c1", "c0"},
		} {
			e.lists(chat.Filter{Sites: here, Search: search}, want...)
		}
		e.lists(chat.Filter{Search: "4711"}, "c9", "c0")
		e.lists(chat.Filter{Sites: here, Search: "please", Status: chat.Resolved}, "c4")
	})
}

// However much there is, a page looks through a bounded amount, and all pages
// together through everything once.
func testInboxSearchLarge(e *env) {
	const n, messages = 12, 60
	long := strings.Repeat("haystack \U0001F600 ", 4000/11)
	for i := range n {
		c := e.conversation(person(i), fmt.Sprintf("c%02d", i))
		if i%4 == 0 { // at the very beginning, where a search comes last
			e.change(c.ID, visitorSays("needle", "a NEEDLE"), at(i))
		}
	}
	for _, err := range atOnce(n, func(i int) error {
		id := chat.ConversationID(fmt.Sprintf("c%02d", i))
		for k := range messages {
			if _, _, err := e.ChangeConversation(ctx, id, visitorSays(fmt.Sprint("client-", k), long), at(100+i)); err != nil {
				return err
			}
		}
		return nil
	}) {
		e.must(err)
	}
	e.bothWays(func() {
		got := e.inbox(chat.Filter{Search: "needle"}, 50)
		if !slices.Equal(got, []string{"c08", "c04", "c00"}) {
			e.Fatalf("found %q", got)
		}
	})
	// A conversation that moves on while a page of it is searched is not lost.
	var found []string
	for cursor, page := "", 0; ; page++ {
		cs, next, err := e.Inbox(ctx, chat.Filter{Search: "needle"}, cursor, 1)
		e.must(err)
		for _, c := range cs {
			found = append(found, string(c.ID))
		}
		if next == "" {
			break
		}
		cursor = next
	}
	if slices.Sort(found); !slices.Equal(found, []string{"c00", "c04", "c08"}) {
		e.Fatalf("found %q", found)
	}
	for _, cursor := range []string{".5", "AAAAAAAAAABj.x", "AAAAAAAAAABj.-1", "."} {
		if _, _, err := e.Inbox(ctx, chat.Filter{Search: "x"}, cursor, 10); chat.Reason(err) != chat.ErrBadFrame {
			e.Fatalf("cursor %q: %v", cursor, err)
		}
	}
}
