package session_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger"
)

// noAddresses is a store whose index of e-mail addresses is damaged.
type noAddresses struct{ *badger.Store }

func (noAddresses) PersonByEmail(context.Context, string, string) (chat.Person, error) {
	return chat.Person{}, fmt.Errorf("%w: %w", chat.ErrUnavailable, chat.ErrDamaged)
}

// However late an end is stored, it is as of when it happened: what was asked for
// since then counts.
func TestLateEndIsDatedWhenItHappened(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(*fillable)
		end   func(w *fillable, token string)
	}{
		"a logout, the store away":           {(*fillable).leave, (*fillable).logOut},
		"a logout, the disk full":            {(*fillable).fill, (*fillable).logOut},
		"somebody else, the store away":      {(*fillable).leave, func(w *fillable, token string) { _, _ = w.see(token, "bob") }},
		"a page of nobody, the disk full":    {(*fillable).fill, func(w *fillable, token string) { _, _ = w.see(token, "") }},
		"an address that nobody can look up": {(*fillable).leave, func(w *fillable, token string) { _, _ = w.seeAddress(token, "bob@example.com") }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFillable(t)
			token := w.stored(w.store, new(heard))
			w.service.Wait()
			w.service = w.serve(noAddresses{w.store})
			c.fault(w)
			c.end(w, token)
			said := time.Now()
			w.comeBack()
			if v := w.enter(token, ""); v.Who != chat.WhoNone {
				t.Errorf("the cookie opens the chat of %q", v.Owner.Person)
			}
			if err := w.service.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s, err := w.store.Session(t.Context(), chat.HashOf(token)); err != nil || s.Live() || s.Ended.After(said) {
				t.Errorf("stored is %+v, %v; it had ended by %v", s, err, said)
			}
		})
	}
}

// seeAddress is see with evidence that has an e-mail address alone.
func (w *fillable) seeAddress(token, email string) (chat.Cookie, error) {
	return w.service.Sessions.Observe(w.Context(), w.request(token), chat.Evidence{Profile: chat.Profile{Email: email}, Page: true})
}
