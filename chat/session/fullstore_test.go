package session_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
	_ "github.com/parley-chat/parley/internal/timeouts/patient"
	"github.com/parley-chat/parley/storage/badger"
)

// fillable is a service over a real store, whose disk can be full, or which is
// not there at all.
type fillable struct {
	*testing.T
	service *service.Service
	site    *chat.Site
	store   *badger.Store
	free    atomic.Uint64
	away    atomic.Bool
}

func newFillable(t *testing.T) *fillable {
	t.Helper()
	w := &fillable{T: t, site: &chat.Site{Name: "shop", HasID: true}}
	w.free.Store(math.MaxUint64)
	log := slog.New(slog.DiscardHandler)
	store, err := badger.Open(t.Context(), badger.Options{Path: t.TempDir(), Logger: log,
		Free: func(string) (uint64, error) { return w.free.Load(), nil }})
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	w.service = service.New(func() (chat.Store, error) {
		if w.away.Load() {
			return nil, chat.ErrUnavailable
		}
		return store, nil
	}, hub.New(), log)
	t.Cleanup(func() {
		if err := w.service.Flush(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// fill returns when the store has noticed that its disk is full.
func (w *fillable) fill() {
	w.Helper()
	w.free.Store(1)
	for {
		now := time.Now()
		s := chat.Session{ID: chat.SessionID(chat.NewSecret()), Site: "elsewhere", Created: now, Contact: now}
		err := w.store.StartSession(w.Context(), s, chat.HashOf(chat.NewSecret()))
		if errors.Is(err, badger.ErrFull) {
			return
		}
		if err != nil {
			w.Fatal(err)
		}
	}
}

func (w *fillable) makeRoom() { w.free.Store(math.MaxUint64) }

// see is a page's response to the browser that has this cookie, with evidence
// of somebody, or, without an id, of nobody.
func (w *fillable) see(token, id string) (chat.Cookie, error) {
	return w.service.Sessions.Observe(w.Context(), w.request(token), chat.Evidence{Profile: chat.Profile{ID: id}, Page: true})
}

func (w *fillable) request(token string) chat.Request {
	return chat.Request{Site: w.site, Token: token, Client: "browser", Arrived: time.Now()}
}

// signedIn returns the cookie of somebody who is signed in, has shown it, and
// has a page open that listens to l.
func (w *fillable) signedIn(id string, l hub.Listener) (token string) {
	w.Helper()
	return w.signedInBy(chat.Evidence{Profile: chat.Profile{ID: id}, Page: true}, l)
}

func (w *fillable) signedInBy(e chat.Evidence, l hub.Listener) (token string) {
	w.Helper()
	cookie, err := w.service.Sessions.Observe(w.Context(), w.request(""), e)
	if err != nil || cookie.Token == "" {
		w.Fatalf("signing in: %+v, %v", cookie, err)
	}
	v := w.enter(cookie.Token, "")
	if v.Owner.Person == "" {
		w.Fatalf("who is signed in is %q", v.Who)
	}
	w.service.Hub().JoinVisitor(l, v.Session, v.Owner, "")
	return cookie.Token
}

func (w *fillable) enter(token, mark string) *service.Visit {
	w.Helper()
	v, err := w.service.Enter(w.Context(), w.site, token, mark)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

// heard are the kinds of events that a listener has heard.
type heard struct{ reset atomic.Bool }

func (h *heard) OnEvent(e chat.Event) {
	if e.Kind == chat.EventReset {
		h.reset.Store(true)
	}
}

// closed checks that a cookie opens nothing any more, and that the pages which
// had its chat open were told.
func (w *fillable) closed(when, token string, l *heard) {
	w.Helper()
	if v := w.enter(token, ""); v.Who != chat.WhoNone {
		w.Errorf("%s, anna's cookie opens the chat of %q", when, v.Owner.Person)
	}
	if !l.reset.Load() {
		w.Errorf("%s, anna's open pages were not told to forget her chat", when)
	}
}

// What ends a person's chat ends it also where that can't be stored.
func TestFullDiskKeepsNobodysChatOpen(t *testing.T) {
	for name, next := range map[string]string{"evidence of somebody else": "bob", "a page without evidence": ""} {
		t.Run(name, func(t *testing.T) {
			w := newFillable(t)
			var open heard
			token := w.signedIn("anna", &open)
			w.fill()
			before := w.request(token)
			cookie, err := w.see(token, next)
			if err == nil || !cookie.Clear {
				t.Errorf("on a full disk: %+v, %v; want the cookie cleared and an error for the log", cookie, err)
			}
			w.closed("while the disk is full", token, &open)
			// A slow answer from before must not bring anna back.
			if late, _ := w.service.Sessions.Observe(t.Context(), before, chat.Evidence{Profile: chat.Profile{ID: "anna"}, Page: true}); late.Token != "" {
				t.Error("a response to a request from before signs anna in again")
			}
			w.makeRoom()
			w.closed("with room again", token, &open)
			if cookie, err = w.see("", "bob"); err != nil || w.enter(cookie.Token, "").Owner.Person != w.key("bob") {
				t.Errorf("with room again, bob's evidence gives %+v, %v", cookie, err)
			}
			// The end is stored meanwhile: it outlasts this process.
			w.service.Wait()
			if s, err := w.store.Session(t.Context(), chat.HashOf(token)); err != nil || s.Live() {
				t.Errorf("the end of anna's session is not stored: %+v, %v", s, err)
			}
		})
	}
}

func (w *fillable) key(id string) string {
	return chat.Evidence{Profile: chat.Profile{ID: id}}.Key()
}

// A login takes nothing from the one who was there before: it is the same
// browser, and its chat goes along as soon as the login can be stored.
func TestLoginOnAFullDisk(t *testing.T) {
	w := newFillable(t)
	v, mark, token, err := w.service.Start(t.Context(), w.site, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = v.Send(t.Context(), "client-id-1", "hello", chat.Page{}); err != nil {
		t.Fatal(err)
	}
	w.fill()
	if cookie, err := w.see(token, "bob"); err == nil || cookie != (chat.Cookie{}) {
		t.Errorf("on a full disk: %+v, %v", cookie, err)
	}
	if v := w.enter(token, mark); v.Who != chat.WhoAnonymous {
		t.Errorf("on a full disk, the one who wrote is %q", v.Who)
	}
	w.makeRoom()
	cookie, err := w.see(token, "bob")
	if err != nil {
		t.Fatal(err)
	}
	v = w.enter(cookie.Token, mark)
	if c, err := v.Conversation(t.Context()); v.Owner.Person != w.key("bob") || err != nil || c.LastText != "hello" {
		t.Errorf("with room again: %q, %+v, %v", v.Who, c, err)
	}
}

// What responses say while the store can't be read is not forgotten: the cookie
// of somebody who is not signed in any more opens nothing once it can be.
func TestStoreThatIsAwayKeepsNobodysChatOpen(t *testing.T) {
	page := func(id string) chat.Evidence {
		return chat.Evidence{Profile: chat.Profile{ID: id}, Page: true}
	}
	probe := func(id string) chat.Evidence {
		return chat.Evidence{Profile: chat.Profile{ID: id}, Whoami: true}
	}
	call := func(id string) chat.Evidence { return chat.Evidence{Profile: chat.Profile{ID: id}} }
	for name, c := range map[string]struct {
		site  chat.Site
		first chat.Evidence
		says  []chat.Evidence // one after the other
		stays bool
	}{
		"evidence of somebody else":       {first: page("anna"), says: []chat.Evidence{page("bob")}},
		"a page without evidence":         {first: page("anna"), says: []chat.Evidence{page("")}},
		"somebody else and then the same": {first: page("anna"), says: []chat.Evidence{page("bob"), page("anna")}, stays: true},
		"the same and then somebody else": {first: page("anna"), says: []chat.Evidence{page("anna"), page("bob")}},
		"nobody and then the same":        {first: page("anna"), says: []chat.Evidence{page(""), page("anna")}, stays: true},
		"nothing new":                     {first: page("anna"), says: []chat.Evidence{page("anna")}, stays: true},
		"somebody else signs in, and pages need not say so": {site: chat.Site{Scope: chat.ScopeLogin},
			first: call("anna"), says: []chat.Evidence{call("bob"), page("")}},
		"pages need not say so": {site: chat.Site{Scope: chat.ScopeLogin},
			first: call("anna"), says: []chat.Evidence{page("")}, stays: true},
		"the application says nobody when asked": {site: chat.Site{WhoamiOnly: true},
			first: probe("anna"), says: []chat.Evidence{probe(""), page("")}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFillable(t)
			c.site.Name, c.site.HasID = w.site.Name, true
			w.site = &c.site
			var open heard
			token := w.signedInBy(c.first, &open)
			w.service.Wait()
			w.away.Store(true)
			for _, e := range c.says {
				if cookie, _ := w.service.Sessions.Observe(t.Context(), w.request(token), e); cookie.Token != "" {
					t.Fatalf("without the store: %+v", cookie)
				}
			}
			w.away.Store(false)
			if v := w.enter(token, ""); c.stays != (v.Who == chat.WhoPerson) {
				t.Errorf("once the store is back, anna's cookie makes %q", v.Who)
			}
			if open.reset.Load() == c.stays {
				t.Errorf("her open pages heard a reset: %t", open.reset.Load())
			}
			if cookie, err := w.see(token, "bob"); err != nil || w.enter(cookie.Token, "").Owner.Person != w.key("bob") {
				t.Errorf("then bob's evidence gives %+v, %v", cookie, err)
			}
		})
	}
}

// Strangers who make up cookies while the store is away can't make it forget
// who is not signed in any more: then all have to show anew who they are.
func TestMadeUpCookiesHideNobodysLogout(t *testing.T) {
	w := newFillable(t)
	var open heard
	token := w.signedIn("anna", &open)
	w.service.Wait()
	w.away.Store(true)
	_, _ = w.see(token, "bob")
	for range 20000 {
		_, _ = w.see(chat.NewSecret(), "eve")
	}
	w.away.Store(false)
	w.closed("once the store is back", token, &open)
	if cookie, err := w.see(token, "anna"); err != nil || w.enter(cookie.Token, "").Owner.Person != w.key("anna") {
		t.Errorf("anna's own evidence gives %+v, %v", cookie, err)
	}
}
