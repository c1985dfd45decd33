package service_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
	_ "github.com/parley-chat/parley/internal/timeouts/patient"
	"github.com/parley-chat/parley/storage/badger"
)

// The store is closed while people come, talk, send files, sign in and out and
// read. Each call is then answered, and those that need the store with
// ErrUnavailable; what was acknowledged is there.
func TestStoreClosedUnderLoad(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	path := t.TempDir()
	var store atomic.Pointer[badger.Store]
	open := func() {
		t.Helper()
		s, err := badger.Open(t.Context(), badger.Options{Path: path, Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		store.Store(s)
	}
	open()
	t.Cleanup(func() { store.Load().Close() })
	service := service.New(func() (chat.Store, error) { return store.Load(), nil }, hub.New(), log)
	site := &chat.Site{Name: "shop", HasID: true}
	enough := make(chan struct{})
	var said atomic.Int64
	talkers := make([]*talker, 32)
	var talking sync.WaitGroup
	for i := range talkers {
		a := &talker{service: service, site: site, name: fmt.Sprint("talker-", i)}
		talkers[i] = a
		talking.Go(func() {
			for n := 1; ; n++ {
				if err := a.round(n); err != nil {
					if !errors.Is(err, chat.ErrUnavailable) {
						t.Errorf("%s: %v", a.name, err)
					}
					break
				}
				if said.Add(1) == 200 {
					close(enough)
				}
			}
			if err := a.round(1 << 20); !errors.Is(err, chat.ErrUnavailable) {
				t.Errorf("%s, once it is closed: %v", a.name, err)
			}
		})
	}
	ended := make(chan struct{})
	go func() { talking.Wait(); close(ended) }()
	select {
	case <-enough:
	case <-ended:
		t.Fatal("nobody could talk")
	}
	if err := store.Load().Close(); err != nil {
		t.Error(err)
	}
	<-ended
	service.Wait()
	open()
	for _, a := range talkers {
		a.check(t)
	}
}

// talker is one visitor.
type talker struct {
	service     *service.Service
	site        *chat.Site
	name        string
	token, mark string
	acked       []chat.Message
}

// round does once what visitors do.
func (a *talker) round(n int) error {
	ctx := context.Background()
	if a.mark == "" {
		_, mark, token, err := a.service.Start(ctx, a.site, "", "")
		if err != nil {
			return err
		}
		a.mark, a.token = mark, token
	}
	v, err := a.service.Enter(ctx, a.site, a.token, a.mark)
	if err != nil {
		return err
	}
	_, m, err := v.Send(ctx, fmt.Sprintf("client-id-%d", n), fmt.Sprintf("message %d", n), chat.Page{})
	if err != nil {
		return err
	}
	a.acked = append(a.acked, m)
	thread, _, err := v.Thread(ctx)
	if err != nil {
		return err
	}
	if _, err := thread.After(ctx, 0); err != nil {
		return err
	}
	if _, err := v.Upload(ctx, chat.File{Name: "a.txt", Type: "text/plain", Body: strings.NewReader("text")}); err != nil {
		return err
	}
	if err := v.Read(ctx, m.Seq); err != nil {
		return err
	}
	r := chat.Request{Site: a.site, Client: a.name, Arrived: m.Time}
	cookie, err := a.service.Sessions.Observe(ctx, r, chat.Evidence{Profile: chat.Profile{ID: a.name}, Page: true})
	if err != nil || cookie.Token == "" {
		return err
	}
	r.Token = cookie.Token
	if _, err := a.service.Enter(ctx, a.site, r.Token, ""); err != nil {
		return err
	}
	logout, err := a.service.Sessions.BeginLogout(ctx, r)
	if logout != nil {
		logout.Done()
	}
	return err
}

// check reads all that was acknowledged.
func (a *talker) check(t *testing.T) {
	t.Helper()
	if a.mark == "" {
		return // it came too late
	}
	v, err := a.service.Enter(t.Context(), a.site, a.token, a.mark)
	if err != nil {
		t.Fatal(err)
	}
	if v.Who != chat.WhoAnonymous {
		t.Errorf("%s is %q", a.name, v.Who)
		return
	}
	var there []chat.Message
	if thread, _, err := v.Thread(t.Context()); err == nil {
		if there, err = thread.After(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	} else if !errors.Is(err, chat.ErrNotFound) {
		t.Fatal(err)
	}
	for i, m := range there {
		if m.Seq != chat.Seq(i+1) {
			t.Errorf("%s: message %d is numbered %d", a.name, i+1, m.Seq)
		}
	}
	for _, m := range a.acked {
		if int(m.Seq) > len(there) || there[m.Seq-1].ClientID != m.ClientID {
			t.Errorf("%s: %s, acknowledged as %d, is lost", a.name, m.ClientID, m.Seq)
		}
	}
}
