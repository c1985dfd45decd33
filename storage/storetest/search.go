package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/chat"
)

func testInboxLabels(e *env) {
	for i, labels := range [][]string{{"vip"}, nil, {"vip", "new"}, {"vipers", "vip, new"}, {"new", "vip"}, {"a vip"}} {
		c := e.conversation(person(i), fmt.Sprintf("c%d", i))
		e.change(c.ID, chat.Change{Profile: &chat.Profile{Labels: labels}}, at(i))
		e.change(c.ID, visitorSays("client-1", "x"), at(i))
	}
	// What a page's script says is no label.
	e.change("c1", chat.Change{Unverified: said(`{"labels": ["vip"]}`), Assignee: ptr("anna@example.com")}, at(1))
	e.change("c2", chat.Change{Assignee: ptr("anna@example.com")}, at(2))
	e.bothWays(func() {
		e.lists(chat.Filter{Label: "vip"}, "c4", "c2", "c0")
		e.lists(chat.Filter{Label: "new"}, "c4", "c2")
		e.lists(chat.Filter{Label: "vipers"}, "c3")
		e.lists(chat.Filter{Label: "vip, new"}, "c3")
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
	e.change("c4", chat.Change{Unverified: said(`{"firstname": "Äda"}`), Status: chat.Resolved}, at(20))
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
			"late 47 order":     {"c0"},       // in any order, parts of words
			"late moment":       nil,          // not in one message
			"ada moment":        {"c4", "c3"}, // in the name, and in a message
			"lovelace ada":      {"c3"},
			"ada@order.example": {"c3"},
			"äda":               {"c4", "c3"},
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

// What people type to find something is often not as it was written: without
// accents, with plain quotes, as an id or as a phrase.
func testInboxSearchFolded(e *env) {
	long := strings.Repeat("Über Straßen ", 40)
	for i, text := range []string{"My order is late", "Viel zu groß, ist’s nicht?", "my order\n 777", "777 order", long + "and a NEEDLE " + long, `He said "no"`, "order 7777"} {
		c := e.conversation(person(i), fmt.Sprintf("c%d", i))
		e.change(c.ID, visitorSays("client-1", text), at(i))
	}
	e.change("c0", chat.Change{Profile: &chat.Profile{ID: "K-1042", Firstname: "Jörg", Lastname: "Müller", Email: "j.mueller@example.com"}}, at(20))
	e.change("c1", chat.Change{Unverified: said(`{"id": "guest-9", "firstname": "Conor", "lastname": "O’Neill", "labels": null}`)}, at(20))
	e.change("c4", agentSays("client-2", "A needle, too"), at(4))
	e.change("c4", agentSays("client-3", "Anything else?"), at(4))
	e.bothWays(func() {
		for search, want := range map[string][]string{
			"Muller": {"c0"}, "MÜLLER": {"c0"}, "Mu\u0308ller": {"c0"}, "jorg": {"c0"},
			"gross": {"c1"}, "groß": {"c1"}, "ist's": {"c1"}, "ist`s": {"c1"}, "o'neill": {"c1"}, "strassen": {"c4"},
			"k-1042": {"c0"}, "GUEST-9": {"c1"}, "C3": {"c3"}, "c3 order": {"c3"},
			`"order 777"`: {"c6", "c2"}, `"order 777`: {"c6", "c2"}, "“order 777”": {"c6", "c2"}, "order 777": {"c6", "c3", "c2"},
			`"jörg müller"`: {"c0"}, `"order late"`: nil, `order "is late" müller`: {"c0"}, `said "no"`: {"c5"}, `said no"`: {"c5"}, `nee"dle`: {"c4"}, `""`: {"c6", "c5", "c4", "c3", "c2", "c1", "c0"},
		} {
			e.lists(chat.Filter{Search: search}, want...)
		}
	})
	for search, want := range map[string]chat.Hit{
		"needle": {Conversation: "c4", Seq: 2, Side: chat.Agent, Excerpt: "A needle, too"}, // the last one that has it
		"777 my": {Conversation: "c2", Seq: 1, Side: chat.Visitor, Excerpt: "my order 777"},
		"and a":  {Conversation: "c4", Seq: 1, Side: chat.Visitor, Excerpt: "…Über Straßen and a NEEDLE " + long[:len("Über Straßen ")*10]},
		"muller": {},
	} {
		page, err := e.Search(ctx, chat.Filter{Search: search}, "", 10)
		e.must(err)
		var got chat.Hit
		for _, hit := range page.Hits {
			got = hit
		}
		if len(page.Hits) > 1 || got.Seq != want.Seq || got.Conversation != want.Conversation || got.Side != want.Side || !strings.HasPrefix(got.Excerpt, strings.TrimSuffix(want.Excerpt, " ")[:len(want.Excerpt)/2]) || len(got.Excerpt) > 220 {
			e.Fatalf("%q is found as %+v, want %+v", search, page.Hits, want)
		}
	}
}

// By field, all that have it are found, in the order of an inbox.
func testInboxField(e *env) {
	for i, fields := range []map[string]string{{"plan": "Plus"}, {"plan": "plus"}, {"plan": "Plus", "city": `the "Hague"`}, nil, {"team": "Plus"}} {
		c := e.conversation(person(i), fmt.Sprintf("c%d", i))
		e.change(c.ID, chat.Change{Profile: &chat.Profile{Fields: fields}}, at(i))
		e.change(c.ID, visitorSays("client-1", `"plan":"Plus"`), at(i))
	}
	e.change("c3", chat.Change{Unverified: said(`{"additionalTaggingData": {"plan": "Plus"}}`)}, at(3))
	e.bothWays(func() {
		e.lists(chat.Filter{Field: &chat.FieldFilter{Name: "plan", Value: "Plus"}}, "c2", "c0")
		e.lists(chat.Filter{Field: &chat.FieldFilter{Name: "city", Value: `the "Hague"`}}, "c2")
		e.lists(chat.Filter{Field: &chat.FieldFilter{Name: "plan", Value: ""}})
		e.lists(chat.Filter{Field: &chat.FieldFilter{Name: "plan", Value: "Plus"}, Status: chat.Resolved})
		e.lists(chat.Filter{Field: &chat.FieldFilter{Name: "team", Value: "Plus"}, Search: "plan"}, "c4")
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
	// Where a page ends before the end, it says down to when it has looked.
	page, err := e.Search(ctx, chat.Filter{Search: "needle"}, "", 1)
	e.must(err)
	if page.Next == "" || page.Reached.Before(at(100)) || page.Reached.After(at(100+n+messages)) {
		e.Fatalf("after %d found, the search has come to %v, next %q", len(page.Conversations), page.Reached, page.Next)
	}
	// A conversation that moves on while a page of it is searched is not lost.
	var found []string
	for cursor, page := "", 0; ; page++ {
		cs, next, err := e.page(chat.Filter{Search: "needle"}, cursor, 1)
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
		if _, err := e.Search(ctx, chat.Filter{Search: "x"}, cursor, 10); chat.Reason(err) != chat.ErrBadFrame {
			e.Fatalf("cursor %q: %v", cursor, err)
		}
	}
}
