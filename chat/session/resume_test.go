package session_test

import (
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// A session goes on in itself, and in that of who signs in from it; in nothing
// that comes after a logout, somebody else's login or its end.
func TestContinues(t *testing.T) {
	t.Parallel()
	w := newFillable(t)
	continues := func(v *service.Visit, from chat.SessionID) bool {
		t.Helper()
		ok, err := v.Continues(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	follow := func(token, id string) *service.Visit {
		t.Helper()
		cookie, err := w.see(token, id)
		if err != nil || cookie.Token == "" {
			t.Fatalf("signing in as %s: %+v, %v", id, cookie, err)
		}
		return w.enter(cookie.Token, "")
	}
	start := func() (v *service.Visit, token string) {
		t.Helper()
		v, _, token, err := w.service.Start(t.Context(), w.site, "", "")
		if err != nil {
			t.Fatal(err)
		}
		return v, token
	}

	before, token := start()
	stranger, _ := start()
	cookie, err := w.see(token, "anna")
	if err != nil {
		t.Fatal(err)
	}
	anna := w.enter(cookie.Token, "")
	bob := follow(cookie.Token, "bob")
	carol, left := start()
	w.logOut(left)
	next := follow(left, "carol")

	for _, c := range []struct {
		name string
		v    *service.Visit
		from *service.Visit
		want bool
	}{
		{"itself", anna, anna, true},
		{"a login", anna, before, true},
		{"backwards", before, anna, false},
		{"a stranger's", anna, stranger, false},
		{"a switch", bob, anna, false},
		{"a login before a switch", bob, before, false},
		{"a logout", next, carol, false},
	} {
		if got := continues(c.v, c.from.Session.ID); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	for _, from := range []chat.SessionID{"", "made-up"} {
		if continues(anna, from) {
			t.Errorf("%q goes on", from)
		}
	}
	if gone := w.enter(cookie.Token, ""); gone.Who != chat.WhoNone || continues(gone, anna.Session.ID) {
		t.Errorf("who is nobody goes on, as %q", gone.Who)
	}
}
