package session_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/session"
)

// Strangers who log out with made-up cookies while the store is away can't make
// it forget who has logged out: then all have to show anew who they are.
func TestMadeUpLogoutsHideNobodysLogout(t *testing.T) {
	const flood = 70000
	for name, c := range map[string]struct {
		fault  func(*fillable)
		before int // of the flood, the rest comes after
	}{
		"the store is away, and they come first": {(*fillable).leave, flood},
		"the store is away, and they come later": {(*fillable).leave, 0},
		"the disk is full":                       {(*fillable).fill, flood},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFillable(t)
			var open heard
			token := w.signedIn("anna", &open)
			v, mark, anonymous, err := w.service.Start(t.Context(), w.site, "", "")
			if err != nil || v.Who != chat.WhoAnonymous {
				t.Fatal(v, err)
			}
			w.service.Wait()
			c.fault(w)
			for i := range flood {
				if i == c.before {
					w.logOut(token)
					w.logOut(anonymous)
				}
				w.logOut(chat.NewSecret())
			}
			if c.before == flood {
				w.logOut(token)
				w.logOut(anonymous)
			}
			w.comeBack()
			w.closed("once the store is back", token, &open)
			if v := w.enter(anonymous, mark); v.Who != chat.WhoNone {
				t.Errorf("once the store is back, an anonymous chat that was logged out is %q", v.Who)
			}
			w.opens("once the store is back", token)
			if cookie, err := w.see("", "anna"); err != nil || w.enter(cookie.Token, "").Owner.Person != w.key("anna") {
				t.Errorf("anna's own evidence gives %+v, %v", cookie, err)
			}
		})
	}
}

// A logout that the application takes its time to answer keeps nobody from
// signing in who only has the same address and browser.
func TestStrangersSlowLogoutKeepsNobodyFromSigningIn(t *testing.T) {
	for _, who := range []string{"without a cookie", "with a made-up one", "with an anonymous chat"} {
		t.Run(who, func(t *testing.T) {
			w := newFillable(t)
			stranger := w.request("")
			switch who {
			case "with a made-up one":
				stranger = w.request(chat.NewSecret())
			case "with an anonymous chat":
				_, _, token, err := w.service.Start(t.Context(), w.site, "", "")
				if err != nil {
					t.Fatal(err)
				}
				stranger = w.request(token)
			}
			before := w.request("")
			l, err := w.service.Sessions.BeginLogout(t.Context(), stranger)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Done()
			anna := chat.Evidence{Profile: chat.Profile{ID: "anna"}, Page: true}
			if cookie, err := w.service.Sessions.Observe(t.Context(), before, anna); err != nil || cookie.Token != "" {
				t.Errorf("a response to a request from before the logout: %+v, %v", cookie, err)
			}
			if cookie, err := w.see("", "anna"); err != nil || cookie.Token == "" {
				t.Errorf("anna signs in while a stranger's logout is not answered: %+v, %v", cookie, err)
			}
		})
	}
}

// What is remembered of logouts is bounded, also while one is not answered, and
// forgets none of them in a way that would bring an identity back.
func TestMemoryOfLogoutsIsBounded(t *testing.T) {
	w := newFillable(t)
	open := w.signedIn("carol", new(heard))
	l, err := w.service.Sessions.BeginLogout(t.Context(), w.request(open))
	if err != nil {
		t.Fatal(err)
	}
	slow := w.request("")
	slow.Client = "anna's"
	logout := w.request("")
	logout.Client = slow.Client
	out, err := w.service.Sessions.BeginLogout(t.Context(), logout)
	if err != nil {
		t.Fatal(err)
	}
	out.Done()
	for range 3 * session.MaxFences {
		r := w.request("")
		r.Client = chat.NewSecret()
		flood, err := w.service.Sessions.BeginLogout(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		flood.Done()
	}
	if n := w.service.Sessions.Fences(); n > session.MaxFences+8 {
		t.Errorf("%d logouts are remembered, which is more than %d", n, session.MaxFences)
	}
	anna := chat.Evidence{Profile: chat.Profile{ID: "anna"}, Page: true}
	if cookie, _ := w.service.Sessions.Observe(t.Context(), slow, anna); cookie.Token != "" {
		t.Error("a response to a request from before a logout that is forgotten signs in again")
	}
	carol := w.request(open)
	if cookie, _ := w.service.Sessions.Observe(t.Context(), carol, chat.Evidence{Profile: chat.Profile{ID: "carol"}, Page: true}); cookie.Token != "" {
		t.Error("a logout that is not answered was forgotten")
	}
	l.Done()
	if cookie, err := w.see("", "anna"); err != nil || cookie.Token == "" {
		t.Errorf("anna signs in afterwards: %+v, %v", cookie, err)
	}
}

// Sessions that nobody has presented yet take no more memory than they may,
// however much the application says of each person.
func TestMemoryOfPendingSessionsIsBounded(t *testing.T) {
	w := newFillable(t)
	var labels []string
	for range 32 {
		labels = append(labels, chat.NewSecret()+chat.NewSecret()+chat.NewSecret())
	}
	var last string
	for range 8192 {
		r := w.request("")
		r.Client = chat.NewSecret()
		r.Arrived = time.Now()
		cookie, err := w.service.Sessions.Observe(t.Context(), r, chat.Evidence{Profile: chat.Profile{ID: chat.NewSecret(), Labels: labels}, Page: true})
		if err != nil || cookie.Token == "" {
			t.Fatal(cookie, err)
		}
		last = cookie.Token
	}
	if n, bytes := w.service.Sessions.PendingSessions(); n > session.MaxPending || bytes > session.MaxPendingBytes+1<<16 {
		t.Errorf("%d sessions with %d bytes of profiles wait for their browsers", n, bytes)
	}
	if v := w.enter(last, ""); v.Who != chat.WhoPerson {
		t.Errorf("the latest of them opens %q", v.Who)
	}
}

// Whoever was on their way to be signed in when a browser logged out is not,
// also where somebody else was logged out.
func TestLogoutOfOnePersonFencesEverybodyBefore(t *testing.T) {
	w := newFillable(t)
	before := w.request("")
	cookie, err := w.see("", "bob")
	if err != nil {
		t.Fatal(err)
	}
	w.enter(cookie.Token, "")
	w.logOut(cookie.Token)
	anna := chat.Evidence{Profile: chat.Profile{ID: "anna"}, Page: true}
	if late, err := w.service.Sessions.Observe(t.Context(), before, anna); err != nil || late.Token != "" {
		t.Errorf("a page that was asked for before the logout signs in: %+v, %v", late, err)
	}
}
