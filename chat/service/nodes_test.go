package service_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
	"github.com/parley-chat/parley/storage/badger"
)

// Two services know nothing of each other's locks: that somebody new who comes
// to both at once is one person, with one conversation, is up to the store.
func TestOneNewPersonAtTwoServicesIsOnePerson(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	store, err := badger.Open(t.Context(), badger.Options{Path: t.TempDir(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	var services []*service.Service
	for range 2 {
		services = append(services, service.New(func() (chat.Store, error) { return store, nil }, hub.New(), log))
	}
	t.Cleanup(func() {
		for _, s := range services {
			if err := s.Flush(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	site := &chat.Site{Name: "shop", HasID: true}
	const rounds, devices = 20, 8
	for round := range rounds {
		person := chat.Profile{ID: fmt.Sprint("new", round), Email: fmt.Sprint("new", round, "@example.com")}
		visits, sent := make([]*service.Visit, devices), make([]chat.Message, devices)
		var ready, all sync.WaitGroup
		ready.Add(devices)
		for i := range devices {
			service := services[i%len(services)]
			all.Go(func() {
				ready.Done()
				ready.Wait()
				var err error
				visits[i], sent[i], err = arrive(service, site, person, i)
				if err != nil {
					t.Errorf("device %d: %v", i, err)
				}
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		onePersonsChat(t, visits, sent)
	}
	list, next, err := store.Inbox(t.Context(), chat.Filter{}, "", 2*rounds)
	if err != nil || next != "" || len(list) != rounds {
		t.Errorf("%d people have %d conversations, %v", rounds, len(list), err)
	}
}

// arrive signs somebody in from a device of theirs, and says something.
func arrive(service *service.Service, site *chat.Site, p chat.Profile, device int) (*service.Visit, chat.Message, error) {
	ctx := context.Background()
	cookie, err := service.Sessions.Observe(ctx, chat.Request{Site: site, Client: fmt.Sprint("device ", device), Arrived: time.Now()},
		chat.Evidence{Profile: p, Page: true})
	if err != nil {
		return nil, chat.Message{}, err
	}
	v, err := service.Enter(ctx, site, cookie.Token, "")
	if err != nil {
		return nil, chat.Message{}, err
	}
	_, m, err := v.Send(ctx, fmt.Sprint("client-", device), fmt.Sprint("from device ", device), chat.Page{})
	return v, m, err
}

// onePersonsChat checks that all of them are the same person, and that each
// sees all that was sent, once and in one order.
func onePersonsChat(t *testing.T, visits []*service.Visit, sent []chat.Message) {
	t.Helper()
	first, err := visits[0].Conversation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range visits {
		if v.Who != chat.WhoPerson || v.Owner != visits[0].Owner || !v.Person.Created.Equal(visits[0].Person.Created) {
			t.Fatalf("device %d is %+v, the first is %+v", i, v.Person, visits[0].Person)
		}
		thread, c, err := v.Thread(t.Context())
		if err != nil || c.ID != first.ID || int(c.Last) != len(sent) {
			t.Fatalf("device %d has conversation %s up to %d, the first %s, %v", i, c.ID, c.Last, first.ID, err)
		}
		list, err := thread.After(t.Context(), 0)
		if err != nil || len(list) != len(sent) {
			t.Fatalf("of %d messages there are %d, %v", len(sent), len(list), err)
		}
		for j, m := range list {
			if m.Seq != chat.Seq(j+1) {
				t.Fatalf("message %d is numbered %d", j+1, m.Seq)
			}
		}
		if m := list[sent[i].Seq-1]; m.ClientID != sent[i].ClientID || m.Text != sent[i].Text {
			t.Fatalf("device %d was told %+v, and there is %+v", i, sent[i], m)
		}
	}
}
