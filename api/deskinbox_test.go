package api

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// writes keeps a conversation of a person, with one message.
func (w *world) writes(p chat.Profile) {
	ctx := context.Background()
	key := "id:" + p.ID
	c, err := w.store.OpenConversation(ctx, chat.Owner{Site: w.site.Name, Person: key}, chat.Conversation{
		ID: chat.ConversationID("c" + p.ID), Site: w.site.Name, Person: key, Profile: p, Status: chat.Open, Assignee: p.Agent, Created: time.Now()})
	if err == nil {
		_, _, err = w.store.ChangeConversation(ctx, c.ID, chat.Change{Message: &chat.Draft{
			ClientID: "client-1", Text: "hello", Author: chat.Author{Side: chat.Visitor, ID: key}}}, time.Now())
	}
	if err != nil {
		w.t.Error(err)
	}
}

type listing struct {
	T, Code       string
	Next          string
	Field         *fieldFilter
	Assignee      string
	Conversations []struct{ Name string }
}

// lists asks a console for a page of its inbox.
func (s *wire) lists(ask obj) (f listing) {
	s.t.Helper()
	ask["t"] = "inbox"
	s.say(ask)
	for f.T != "inbox" && f.T != "error" {
		_ = s.SetReadDeadline(time.Now().Add(deadline))
		if err := s.ReadJSON(&f); err != nil {
			s.t.Fatal(err)
		}
	}
	return f
}

// desk opens the agent's connection.
func (w *world) desk() *wire {
	w.t.Helper()
	s, _, err := w.login().dial("/desk/socket")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	s.expect("hello")
	return s
}

func TestInboxByFieldLabelAndAgent(t *testing.T) {
	w := newWorld(t)
	w.writes(chat.Profile{ID: "1", Firstname: "Mia", Labels: []string{"vip"}, Fields: map[string]string{"plan": "Plus", "team": "Plus"}})
	w.writes(chat.Profile{ID: "2", Firstname: "Jonas", Agent: "lena@example.com", Fields: map[string]string{"plan": "Trade"}})
	w.writes(chat.Profile{ID: "3", Firstname: "Ada", Labels: []string{"vip"}, Agent: anna.Email, Fields: map[string]string{"plan": "Plus", "note": ""}})
	s := w.desk()
	for _, test := range []struct {
		ask  obj
		want string
	}{
		{obj{"field": obj{"name": "plan", "value": "Plus"}}, "[{Ada} {Mia}]"},
		{obj{"field": obj{"name": "plan", "value": "plus"}}, "[]"},
		{obj{"field": obj{"name": "team", "value": "Plus"}, "label": "vip"}, "[{Mia}]"},
		{obj{"field": obj{"name": "note", "value": ""}}, "[{Ada}]"},
		{obj{"field": obj{"name": "plan", "value": "Plus"}, "search": "mia"}, "[{Mia}]"},
		{obj{"field": obj{"name": "plan", "value": "Plus"}, "status": "resolved"}, "[]"},
		{obj{"assignee": "lena@example.com"}, "[{Jonas}]"},
		{obj{"assignee": "me", "label": "vip"}, "[{Ada}]"},
	} {
		got := s.lists(test.ask)
		if names := fmt.Sprint(got.Conversations); names != test.want {
			t.Errorf("%v gives %s, want %s", test.ask, names, test.want)
		}
		if f, ok := test.ask["field"].(obj); ok && (got.Field == nil || got.Field.Name != f["name"] || got.Field.Value != f["value"]) {
			t.Errorf("%v: the answer repeats the field as %v", test.ask, got.Field)
		}
	}
	if f := s.lists(obj{"assignee": "somebody"}); f.Code != "bad_frame" {
		t.Errorf("an assignee who is none: %+v", f)
	}
}

// Who has a rare field is found behind many others, each question looking
// through a bounded part of them.
func TestInboxFieldBehindManyOthers(t *testing.T) {
	w := newWorld(t)
	w.writes(chat.Profile{ID: "0", Firstname: "Rare", Fields: map[string]string{"plan": "Gold"}})
	var all sync.WaitGroup
	for i := range maxFieldPages*50 + 20 {
		all.Go(func() { w.writes(chat.Profile{ID: fmt.Sprint(i + 1), Fields: map[string]string{"plan": "Plus"}}) })
	}
	all.Wait()
	s := w.desk()
	first := s.lists(obj{"field": obj{"name": "plan", "value": "Gold"}})
	if len(first.Conversations) > 0 || first.Next == "" {
		t.Fatalf("the first answer: %d conversations, next %q; want none, and where to go on", len(first.Conversations), first.Next)
	}
	second := s.lists(obj{"field": obj{"name": "plan", "value": "Gold"}, "cursor": first.Next})
	if fmt.Sprint(second.Conversations) != "[{Rare}]" || second.Next != "" {
		t.Errorf("the second answer: %+v", second)
	}
}
