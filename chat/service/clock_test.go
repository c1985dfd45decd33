package service_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
	"github.com/parley-chat/parley/storage/badger"
)

// jumpy is a service whose clock is set now and then.
type jumpy struct {
	*testing.T
	service *service.Service
	site    *chat.Site
	began   time.Time
	ahead   atomic.Int64 // of began, in nanoseconds
	clients int
}

func newJumpy(t *testing.T) *jumpy {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := badger.Open(t.Context(), badger.Options{Path: t.TempDir(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	j := &jumpy{T: t, site: &chat.Site{Name: "shop", HasID: true}, began: time.Now().Round(0),
		service: service.New(func() (chat.Store, error) { return store, nil }, hub.New(), log)}
	j.service.SetClock(j.now)
	t.Cleanup(func() {
		if err := j.service.Flush(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func (j *jumpy) now() time.Time { return j.began.Add(time.Duration(j.ahead.Load())) }

// set sets the clock to some time after the beginning.
func (j *jumpy) set(ahead time.Duration) { j.ahead.Store(int64(ahead)) }

func (j *jumpy) must(err error) {
	j.Helper()
	if err != nil {
		j.Fatalf("%v after the beginning: %v", time.Duration(j.ahead.Load()), err)
	}
}

// login signs somebody in from a new browser.
func (j *jumpy) login(id string) (token string) {
	j.Helper()
	j.clients++
	cookie, err := j.service.Sessions.Observe(context.Background(), chat.Request{Site: j.site, Client: fmt.Sprint("client-", j.clients), Arrived: j.now()},
		chat.Evidence{Profile: chat.Profile{ID: id}, Page: true})
	j.must(err)
	if cookie.Token == "" {
		j.Fatalf("%v after the beginning, %s can't sign in", time.Duration(j.ahead.Load()), id)
	}
	return cookie.Token
}

func (j *jumpy) enter(token, mark string) *service.Visit {
	j.Helper()
	v, err := j.service.Enter(context.Background(), j.site, token, mark)
	j.must(err)
	return v
}

// talk says one more thing, which must be the next message.
func (j *jumpy) talk(v *service.Visit, seq chat.Seq) {
	j.Helper()
	_, m, err := v.Send(context.Background(), fmt.Sprint("client-id-", seq), fmt.Sprint("message ", seq), chat.Page{})
	j.must(err)
	if m.Seq != seq {
		j.Fatalf("%v after the beginning, message %d is numbered %d", time.Duration(j.ahead.Load()), seq, m.Seq)
	}
}

// history checks that so many messages are there, in order.
func (j *jumpy) history(v *service.Visit, last chat.Seq) {
	j.Helper()
	thread, c, err := v.Thread(context.Background())
	j.must(err)
	list, err := thread.After(context.Background(), 0)
	j.must(err)
	if c.Last != last || len(list) != int(last) {
		j.Fatalf("%d messages up to %d are there, want %d", len(list), c.Last, last)
	}
	for i, m := range list {
		if m.Seq != chat.Seq(i+1) || m.Text != fmt.Sprint("message ", i+1) {
			j.Errorf("message %d is %d, %q", i+1, m.Seq, m.Text)
		}
		if i > 0 && m.Time.Before(list[i-1].Time) {
			j.Errorf("message %d is of %v, before %v", i+1, m.Time, list[i-1].Time)
		}
	}
}

// A clock that is set back an hour, ahead a year, and right again: people talk
// on and sign in, nothing is lost, and no session that was logged out comes
// back at any time.
func TestClockJumps(t *testing.T) {
	j := newJumpy(t)
	stranger, mark, token, err := j.service.Start(t.Context(), j.site, "", "")
	j.must(err)
	j.talk(stranger, 1)
	left := j.login("leo")
	j.talk(j.enter(left, ""), 1)
	logout, err := j.service.Sessions.BeginLogout(t.Context(), chat.Request{Site: j.site, Token: left, Client: "client-1", Arrived: j.now()})
	j.must(err)
	logout.Done()
	stays := j.login("mia")

	const year = 365 * 24 * time.Hour
	said := chat.Seq(0)
	for _, ahead := range []time.Duration{0, -time.Hour, -time.Hour + time.Minute, year, year + time.Minute, 2 * time.Minute} {
		j.set(ahead)
		if v := j.enter(left, ""); v.Who != chat.WhoNone {
			t.Errorf("%v after the beginning, the session that was logged out is %s's", ahead, v.Owner.Person)
		}
		// Whoever was there is there, unless a year seems to have gone by.
		if v := j.enter(token, mark); (v.Who == chat.WhoAnonymous) != (ahead < year) {
			t.Errorf("%v after the beginning, the stranger is %q", ahead, v.Who)
		}
		if v := j.enter(stays, ""); (v.Who == chat.WhoPerson) != (ahead < year) {
			t.Errorf("%v after the beginning, mia is %q", ahead, v.Who)
		}
		v := j.enter(j.login("mia"), "")
		for range 3 {
			said++
			j.talk(v, said)
		}
		j.history(v, said)
	}
	v := j.enter(token, mark)
	j.talk(v, 2)
	j.history(v, 2)
}
