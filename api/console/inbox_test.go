package console_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
	_ "github.com/parley-chat/parley/internal/timeouts/patient"
)

func TestInboxByFieldLabelAndAgent(t *testing.T) {
	w := apitest.New(t)
	w.Save(chat.Profile{ID: "1", Firstname: "Mia", Labels: []string{"vip"}, Fields: map[string]string{"plan": "Plus", "team": "Plus"}})
	w.Save(chat.Profile{ID: "2", Firstname: "Jonas", Agent: "lena@example.com", Fields: map[string]string{"plan": "Trade"}})
	w.Save(chat.Profile{ID: "3", Firstname: "Ada", Labels: []string{"vip"}, Agent: apitest.Anna.Email, Fields: map[string]string{"plan": "Plus", "note": ""}})
	s := w.Desk()
	for _, test := range []struct {
		ask  apitest.Obj
		want string
	}{
		{apitest.Obj{"field": apitest.Obj{"name": "plan", "value": "Plus"}}, "[{Ada} {Mia}]"},
		{apitest.Obj{"field": apitest.Obj{"name": "plan", "value": "plus"}}, "[]"},
		{apitest.Obj{"field": apitest.Obj{"name": "team", "value": "Plus"}, "label": "vip"}, "[{Mia}]"},
		{apitest.Obj{"field": apitest.Obj{"name": "note", "value": ""}}, "[{Ada}]"},
		{apitest.Obj{"field": apitest.Obj{"name": "plan", "value": "Plus"}, "search": "mia"}, "[{Mia}]"},
		{apitest.Obj{"field": apitest.Obj{"name": "plan", "value": "Plus"}, "status": "resolved"}, "[]"},
		{apitest.Obj{"assignee": "lena@example.com"}, "[{Jonas}]"},
		{apitest.Obj{"assignee": "me", "label": "vip"}, "[{Ada}]"},
	} {
		got := s.List(test.ask)
		if names := fmt.Sprint(got.Conversations); names != test.want {
			t.Errorf("%v gives %s, want %s", test.ask, names, test.want)
		}
		if f, ok := test.ask["field"].(apitest.Obj); ok && (got.Field == nil || got.Field.Name != f["name"] || got.Field.Value != f["value"]) {
			t.Errorf("%v: the answer repeats the field as %v", test.ask, got.Field)
		}
	}
	if f := s.List(apitest.Obj{"assignee": "somebody"}); f.Code != "bad_frame" {
		t.Errorf("an assignee who is none: %+v", f)
	}
}

// Who has a rare field is found behind many others, and all of them are.
func TestInboxFieldBehindManyOthers(t *testing.T) {
	w := apitest.New(t)
	for i := range 3 {
		w.Save(chat.Profile{ID: fmt.Sprint("gold-", i), Firstname: "Rare", Fields: map[string]string{"plan": "Gold"}})
	}
	var all sync.WaitGroup
	for i := range 520 {
		all.Go(func() { w.Save(chat.Profile{ID: fmt.Sprint(i + 1), Fields: map[string]string{"plan": "Plus"}}) })
	}
	all.Wait()
	s := w.Desk()
	found := 0
	for cursor, more := "", true; more; more = cursor != "" {
		page := s.List(apitest.Obj{"field": apitest.Obj{"name": "plan", "value": "Gold"}, "cursor": cursor})
		if cursor = page.Next; cursor != "" && page.Reached == 0 {
			t.Error("a page has a next one, and does not say how far it has looked")
		}
		found += len(page.Conversations)
	}
	if found != 3 {
		t.Errorf("found %d of 3", found)
	}
}

// A search says which message it has found, with the text around it.
func TestInboxHits(t *testing.T) {
	w := apitest.New(t)
	w.Browser("203.0.113.1").Start("My kettle is groß, order 777")
	s := w.Desk()
	for _, search := range []string{"gross", `"ORDER 777"`} {
		got := s.List(apitest.Obj{"search": search})
		if len(got.Conversations) != 1 || len(got.Hits) != 1 || got.Hits[0].Seq != 1 || got.Hits[0].From != "visitor" || !strings.Contains(got.Hits[0].Text, "groß") {
			t.Errorf("%s: %+v", search, got)
		}
	}
	if got := s.List(apitest.Obj{"status": "open"}); len(got.Hits) > 0 || got.Reached > 0 {
		t.Errorf("a listing has hits: %+v", got)
	}
}

func TestInboxQuestions(t *testing.T) {
	w := apitest.New(t)
	for i, text := range []string{"where is my parcel", "a refund please"} {
		w.Browser(fmt.Sprint("203.0.113.", i)).Start(text)
	}
	s, _, err := w.Login().Dial("/desk/socket")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Expect("hello")
	for _, test := range []struct {
		ask  apitest.Obj
		want int
	}{
		{apitest.Obj{}, 2},
		{apitest.Obj{"search": "Refund"}, 1},
		{apitest.Obj{"search": "nothing like it"}, 0},
		{apitest.Obj{"label": "vip"}, 0},
		{apitest.Obj{"site": "shop"}, 2},
		{apitest.Obj{"site": "elsewhere"}, 0},
		{apitest.Obj{"assignee": "none", "site": "shop", "search": "parcel", "status": "open"}, 1},
	} {
		test.ask["t"] = "inbox"
		s.Say(test.ask)
		f := apitest.Obj{}
		for f["t"] != "inbox" {
			_ = s.SetReadDeadline(time.Now().Add(apitest.Timeout))
			if err := s.ReadJSON(&f); err != nil {
				t.Fatal(err)
			}
		}
		if list := f["conversations"].([]any); len(list) != test.want {
			t.Errorf("%v gives %d", test.ask, len(list))
		}
		for _, field := range []string{"search", "label", "site"} {
			if test.ask[field] != f[field] {
				t.Errorf("%v: the answer repeats %s as %v", test.ask, field, f[field])
			}
		}
	}
	s.Say(apitest.Obj{"t": "inbox", "search": strings.Repeat("x", chat.MaxSearch+1)})
	if f := s.Expect("error"); f.Code != "bad_frame" {
		t.Errorf("a long search: %+v", f)
	}
}
