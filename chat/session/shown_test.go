package session_test

import (
	"errors"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// Who shows their cookie is signed in for good once they are answered, whatever
// happens to the server then. A cookie that nobody has shown is worth no write: a
// crash forgets it, and the next page brings another.
func TestSessionIsStoredBeforeWhoShowsItIsAnswered(t *testing.T) {
	w := newFillable(t)
	crash := func() { w.service = w.serve(w.store) } // all that was in memory is gone, at once
	signIn := func(token string) string {
		t.Helper()
		cookie, err := w.see(token, "anna")
		if err != nil || cookie.Token == "" {
			t.Fatalf("anna's page brings %+v, %v", cookie, err)
		}
		return cookie.Token
	}
	unshown := signIn("")
	if _, err := w.store.Session(t.Context(), chat.HashOf(unshown)); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("before anybody shows the cookie, the store says %v", err)
	}
	crash()
	if v := w.enter(unshown, ""); v.Who != chat.WhoNone || v.Stale {
		t.Errorf("after a crash, a cookie that nobody has shown is of %q", v.Who)
	}
	shown := signIn(unshown)
	for _, when := range []string{"at first", "after a crash", "after another"} {
		if v := w.enter(shown, ""); v.Owner.Person != w.key("anna") {
			t.Errorf("%s, the next page's cookie is of %q", when, v.Who)
		}
		crash()
	}
}
