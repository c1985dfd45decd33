package session_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
)

// delayed is a real store that can be held up where what it decides passes
// from memory to it and back: after a read, before a change, and between a
// change that is durable and the answer.
type delayed struct {
	chat.Store
	mu                             sync.Mutex
	afterRead, beforeChange, after func() error // each once
	damaged                        chat.Hash    // of a token whose record can't be read
}

// once returns one of the hooks and takes it away.
func (d *delayed) once(hook *func() error) func() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := *hook
	*hook = nil
	if f == nil {
		return func() error { return nil }
	}
	return f
}

func (d *delayed) set(hook *func() error, f func() error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*hook = f
}

func (d *delayed) Session(ctx context.Context, token chat.Hash) (chat.Session, error) {
	if token == d.damaged {
		return chat.Session{}, errors.Join(chat.ErrDamaged, chat.ErrUnavailable)
	}
	s, err := d.Store.Session(ctx, token)
	return s, errors.Join(err, d.once(&d.afterRead)())
}

func (d *delayed) ChangeSession(ctx context.Context, id chat.SessionID, ch chat.SessionChange) (chat.Session, error) {
	if ch.End == nil {
		return d.Store.ChangeSession(ctx, id, ch)
	}
	if err := d.once(&d.beforeChange)(); err != nil {
		return chat.Session{}, err
	}
	s, err := d.Store.ChangeSession(ctx, id, ch)
	return s, errors.Join(err, d.once(&d.after)())
}

func (d *delayed) SignIn(ctx context.Context, s chat.Session, token chat.Hash, p chat.Profile) (chat.Person, error) {
	if err := d.once(&d.beforeChange)(); err != nil {
		return chat.Person{}, err
	}
	person, err := d.Store.SignIn(ctx, s, token, p)
	return person, errors.Join(err, d.once(&d.after)())
}

// gap is a moment in the store that a test makes as long as it likes.
type gap struct{ reached, over chan struct{} }

func newGap() gap { return gap{make(chan struct{}), make(chan struct{})} }

// wait returns when the gap is reached.
func (g gap) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.reached:
	case <-time.After(30 * time.Second):
		t.Fatal("nobody came to this gap within 30 s")
	}
}

func (g gap) hook() error {
	close(g.reached)
	<-g.over
	return nil
}

func newDelayed(t *testing.T) (*fillable, *delayed) {
	w := newFillable(t)
	d := &delayed{Store: w.store}
	w.service = w.serve(d)
	return w, d
}

// stored returns the cookie of somebody who has signed in before the server was
// started anew, so that the store alone knows it, and a page of whom is open.
func (w *fillable) stored(d chat.Store, l hub.Listener) (token string) {
	w.Helper()
	token = w.signedIn("anna", new(heard))
	w.service.Wait()
	w.service = w.serve(d)
	in := w.enter(token, "")
	w.service.Hub().JoinVisitor(l, in.Session, in.Owner, "")
	return token
}

// serve is a service over a store, as a server that has just been started.
func (w *fillable) serve(store chat.Store) *service.Service {
	s := service.New(func() (chat.Store, error) {
		if w.away.Load() {
			return nil, chat.ErrUnavailable
		}
		return store, nil
	}, hub.New(), slog.New(slog.DiscardHandler))
	w.Cleanup(func() {
		if err := s.Flush(context.Background()); err != nil {
			w.Error(err)
		}
	})
	return s
}

// opens is what a token opens after a restart, when nothing is in memory.
func (w *fillable) opens(when, token string) {
	w.Helper()
	w.service.Wait()
	if s, err := w.store.Session(w.Context(), chat.HashOf(token)); err == nil && s.Live() {
		w.Errorf("%s, the store has the session as one that lives: after a restart its token opens it", when)
	}
}

// logOut is a logout that is answered at once.
func (w *fillable) logOut(token string) {
	w.Helper()
	l, err := w.service.Sessions.BeginLogout(w.Context(), w.request(token))
	if err != nil && !errors.Is(err, chat.ErrUnavailable) {
		w.Error(err)
	}
	l.Done()
}

// ways are those in which a person's chat is closed while the store can't be
// written, or not even read.
var ways = map[string]struct {
	fault func(*fillable)
	close func(w *fillable, token string)
}{
	"a logout on a full disk":               {(*fillable).fill, (*fillable).logOut},
	"somebody else on a full disk":          {(*fillable).fill, func(w *fillable, token string) { _, _ = w.see(token, "bob") }},
	"a logout while the store is away":      {(*fillable).leave, (*fillable).logOut},
	"somebody else while the store is away": {(*fillable).leave, func(w *fillable, token string) { _, _ = w.see(token, "bob") }},
}

func (w *fillable) leave() { w.away.Store(true) }

func (w *fillable) comeBack() {
	w.away.Store(false)
	w.makeRoom()
}

// Who asks while what memory knows is handed to the store must find it in one
// of the two.
func TestEndedSessionStaysClosedWhileItsEndIsStored(t *testing.T) {
	moments := map[string]func(*delayed) *func() error{
		"before it is stored":           func(d *delayed) *func() error { return &d.beforeChange },
		"stored, and not answered":      func(d *delayed) *func() error { return &d.after },
		"between a read and its answer": nil,
	}
	for way, c := range ways {
		for moment, hook := range moments {
			t.Run(way+", "+moment, func(t *testing.T) {
				w, d := newDelayed(t)
				var open heard
				token := w.stored(d, &open)
				w.service.Wait()
				shut := func() {
					c.fault(w)
					c.close(w, token)
				}
				if hook == nil {
					w.slowRead(d, token, func() { shut(); w.comeBack() })
				} else {
					shut()
					w.whileStoring(d, hook(d), token)
				}
				w.closed("in the end", token, &open)
				w.opens("in the end", token)
			})
		}
	}
}

// whileStoring asks for a chat while the end of its session is being stored, once
// that can be: by who asks, or by the service, as some time goes by.
func (w *fillable) whileStoring(d *delayed, moment *func() error, token string) {
	w.Helper()
	g := newGap()
	d.set(moment, g.hook)
	w.comeBack()
	first := w.asking(token)
	g.wait(w.T)
	w.bounded(func(ctx context.Context) {
		if v, err := w.service.Enter(ctx, w.site, token, ""); err == nil && v.Who != chat.WhoNone {
			w.Errorf("meanwhile anna's cookie opens the chat of %q", v.Owner.Person)
		}
	})
	close(g.over)
	<-first
}

// slowRead asks for a chat, and has the answer of the store from before the
// session ended come after that was stored.
func (w *fillable) slowRead(d *delayed, token string, ended func()) {
	w.Helper()
	g := newGap()
	d.set(&d.afterRead, g.hook)
	first := w.asking(token)
	g.wait(w.T)
	ended()
	_, _ = w.service.Enter(w.Context(), w.site, token, "")
	w.until(func() bool {
		s, err := w.store.Session(w.Context(), chat.HashOf(token))
		return err == nil && !s.Live()
	})
	close(g.over)
	<-first
}

// asking asks for the chat of a session that must not open.
func (w *fillable) asking(token string) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer close(done)
		v, err := w.service.Enter(w.Context(), w.site, token, "")
		if err == nil && v.Who != chat.WhoNone {
			w.Errorf("anna's cookie opens the chat of %q", v.Owner.Person)
		}
	}()
	return done
}

// bounded runs what may have to wait for something that the test holds up.
func (w *fillable) bounded(f func(context.Context)) {
	ctx, cancel := context.WithTimeout(w.Context(), time.Second)
	defer cancel()
	f(ctx)
}

// until waits for something that the service does by itself. Each look is
// followed by a write, which takes the disk its time.
func (w *fillable) until(done func() bool) {
	w.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); {
		if time.Now().After(end) {
			w.Fatal("it did not come to that within 30 s")
		}
		now := time.Now()
		s := chat.Session{ID: chat.SessionID(chat.NewSecret()), Site: "elsewhere", Created: now, Contact: now}
		if err := w.store.StartSession(w.Context(), s, chat.HashOf(chat.NewSecret())); err != nil {
			w.Fatal(err)
		}
	}
}

// A logout that could not be stored is stored as soon as that can be, though
// nobody shows the cookie again: or a restart would bring the chat back.
func TestLogoutIsStoredThoughNobodyAsksAgain(t *testing.T) {
	for way, c := range ways {
		t.Run(way, func(t *testing.T) {
			w := newFillable(t)
			token := w.stored(w.store, new(heard))
			w.service.Wait()
			c.fault(w)
			c.close(w, token)
			w.comeBack()
			w.until(func() bool {
				s, err := w.store.Session(t.Context(), chat.HashOf(token))
				return err == nil && !s.Live()
			})
		})
		t.Run(way+", and the server stops", func(t *testing.T) {
			w := newFillable(t)
			token := w.stored(w.store, new(heard))
			w.service.Wait()
			c.fault(w)
			c.close(w, token)
			w.comeBack()
			if err := w.service.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.opens("after the server has stopped", token)
		})
	}
}

// A session may have several tokens, since answers get lost. What is deferred
// of one closes it to all of them.
func TestLogoutWhileTheStoreIsAwayClosesEveryToken(t *testing.T) {
	for name, close := range map[string]func(w *fillable, token string){
		"a logout":                 (*fillable).logOut,
		"evidence of another":      func(w *fillable, token string) { _, _ = w.see(token, "bob") },
		"a page that names nobody": func(w *fillable, token string) { _, _ = w.see(token, "") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newFillable(t)
			v, _, anonymous, err := w.service.Start(t.Context(), w.site, "", "")
			if err != nil || v.Who != chat.WhoAnonymous {
				t.Fatal(v, err)
			}
			first, err := w.see(anonymous, "anna")
			if err != nil {
				t.Fatal(err)
			}
			in := w.enter(first.Token, "")
			second, err := w.see(anonymous, "anna") // the first answer was lost
			if err != nil || second.Token == "" {
				t.Fatal(second, err)
			}
			w.service.Wait()
			// From now on the store alone knows both tokens, as after a restart.
			w.service = w.serve(w.store)
			var open heard
			w.service.Hub().JoinVisitor(&open, in.Session, in.Owner, "")
			w.leave()
			close(w, second.Token)
			w.comeBack()
			w.closed("with the session's other token", first.Token, &open)
		})
	}
}

// A browser may log out while its session is being stored for the first time.
func TestLogoutWhileTheSessionIsBeingStored(t *testing.T) {
	lost := errors.New("the answer of the store was lost")
	for name, c := range map[string]struct {
		hook   func(*delayed) *func() error
		answer error
	}{
		"before":                    {func(d *delayed) *func() error { return &d.beforeChange }, nil},
		"after":                     {func(d *delayed) *func() error { return &d.after }, nil},
		"after, and that gets lost": {func(d *delayed) *func() error { return &d.after }, lost},
	} {
		t.Run(name, func(t *testing.T) {
			w, d := newDelayed(t)
			cookie, err := w.see("", "anna")
			if err != nil || cookie.Token == "" {
				t.Fatal(cookie, err)
			}
			g := newGap()
			d.set(c.hook(d), func() error { return errors.Join(g.hook(), c.answer) })
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = w.service.Enter(t.Context(), w.site, cookie.Token, "")
			}()
			g.wait(t)
			out := make(chan struct{})
			go func() {
				defer close(out)
				w.logOut(cookie.Token)
			}()
			if c.answer == nil {
				<-out // it waits for no store
			}
			close(g.over)
			<-done
			<-out
			if v := w.enter(cookie.Token, ""); v.Who != chat.WhoNone {
				t.Errorf("after the logout the cookie opens the chat of %q", v.Owner.Person)
			}
			w.opens("after the logout", cookie.Token)
		})
	}
	t.Run("the answer got lost long before", func(t *testing.T) {
		w, d := newDelayed(t)
		cookie, err := w.see("", "anna")
		if err != nil || cookie.Token == "" {
			t.Fatal(cookie, err)
		}
		d.set(&d.after, func() error { return lost })
		if v, err := w.service.Enter(t.Context(), w.site, cookie.Token, ""); err == nil {
			t.Fatalf("the store gave no answer, and the visitor is %q", v.Who)
		}
		w.logOut(cookie.Token)
		w.opens("after the logout", cookie.Token)
	})
}

// A session that can't be read any more must not keep all the others closed
// that something was deferred of.
func TestDamagedSessionHoldsNobodyUp(t *testing.T) {
	w, d := newDelayed(t)
	token := w.stored(d, new(heard))
	other, err := w.see("", "bob")
	if err != nil {
		t.Fatal(err)
	}
	w.enter(other.Token, "")
	w.service.Wait()
	w.service = w.serve(d)
	d.damaged = chat.HashOf(token)
	w.logOut(token)
	if v := w.enter(other.Token, ""); v.Who != chat.WhoNone {
		t.Errorf("bob, of whom nothing has been seen since something was lost, is %q", v.Who)
	}
	cookie, err := w.see("", "bob")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // it is lost once, and not with each page of hers
		if late, _ := w.see(token, ""); late.Token != "" {
			t.Errorf("anna, whose session can't be read, is given %+v", late)
		}
		if v, err := w.service.Enter(t.Context(), w.site, token, ""); err == nil && v.Who != chat.WhoNone {
			t.Errorf("anna, who has logged out, is %q", v.Who)
		}
		if v := w.enter(cookie.Token, ""); v.Owner.Person != w.key("bob") {
			t.Errorf("bob, who has shown who he is, is %q", v.Who)
		}
	}
}

// What ends a person's chat while the store is away is in memory alone, and an
// operator may start the server anew to mend that. So the browser's cookie goes.
func TestOutageAndRestartOpenNobodysChat(t *testing.T) {
	page := func(id string) chat.Evidence { return chat.Evidence{Profile: chat.Profile{ID: id}, Page: true} }
	for name, c := range map[string]struct {
		site      chat.Site
		anonymous bool
		says      chat.Evidence
		stays     bool
	}{
		"somebody else":                     {says: page("bob")},
		"a page without evidence":           {says: page("")},
		"a script's call without evidence":  {says: chat.Evidence{}, stays: true},
		"a page that need not say so":       {site: chat.Site{Scope: chat.ScopeLogin}, says: page(""), stays: true},
		"a page to an anonymous visitor":    {anonymous: true, says: page(""), stays: true},
		"a login of an anonymous visitor":   {anonymous: true, says: page("bob"), stays: true},
		"a page to a persistent visitor":    {site: chat.Site{Persistent: true}, says: page(""), stays: true},
		"somebody else at a persistent one": {site: chat.Site{Persistent: true}, says: page("bob")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFillable(t)
			c.site.Name, c.site.HasID = w.site.Name, true
			w.site = &c.site
			token := w.stored(w.store, new(heard))
			w.service.Wait()
			w.leave()
			r := w.request(token)
			r.Anonymous = c.anonymous
			cookie, err := w.service.Sessions.Observe(t.Context(), r, c.says)
			if !errors.Is(err, chat.ErrUnavailable) || cookie.Clear == c.stays || cookie.Token != "" {
				t.Errorf("while the store is away: %+v, %v", cookie, err)
			}
			w.comeBack()
		})
	}
}
