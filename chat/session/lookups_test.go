package session_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// counting is a real store that counts how often a session is read.
type counting struct {
	chat.Store
	reads atomic.Int32
}

func (c *counting) Session(ctx context.Context, token chat.Hash) (chat.Session, error) {
	c.reads.Add(1)
	return c.Store.Session(ctx, token)
}

func (c *counting) SessionByID(ctx context.Context, id chat.SessionID) (chat.Session, error) {
	c.reads.Add(1)
	return c.Store.SessionByID(ctx, id)
}

// A response's session is looked up once on its way, and not at all where it
// says what the one before it has said.
func TestResponseLooksItsSessionUpOnce(t *testing.T) {
	w := newFillable(t)
	c := &counting{Store: w.store}
	token := w.stored(c, new(heard))
	w.service.Wait()
	lookups := func(what string, want int32, do func()) {
		t.Helper()
		before := c.reads.Load()
		do()
		if got := c.reads.Load() - before; got != want {
			t.Errorf("%s reads the session %d times, want %d", what, got, want)
		}
		w.service.Wait()
	}
	observe := func(id string) func() {
		return func() {
			t.Helper()
			if _, err := w.see(token, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	lookups("a page of anna's", 1, observe("anna"))
	lookups("her next page", 0, observe("anna"))
	lookups("a page of somebody else", 1, observe("bob"))
	v, _, anonymous, err := w.service.Start(t.Context(), w.site, "", "")
	if err != nil || v.Who != chat.WhoAnonymous {
		t.Fatal(v, err)
	}
	token = anonymous
	lookups("a page to an anonymous visitor", 1, observe(""))
	lookups("a login", 1, observe("anna"))
	token = w.stored(c, new(heard))
	w.service.Wait()
	lookups("a page without evidence", 1, observe(""))
	token = w.stored(c, new(heard))
	w.service.Wait()
	lookups("a logout", 1, func() { w.logOut(token) })
}
