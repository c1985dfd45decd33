package caddymodule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const tokenKey = "0123456789abcdef0123456789abcdef"

const tokenIdentity = `
	site shop
	identity {
		token {
			key ` + tokenKey + `
			audience parley
		}
	}
	logout /out
`

// issue makes a token as an application does.
func issue(t *testing.T, key, id string, end time.Duration) string {
	t.Helper()
	return issueAt(t, key, id, time.Now(), end)
}

// issueLater makes one that is newer than all that has happened: a token tells
// its time in whole seconds.
func issueLater(t *testing.T, key, id string) string {
	t.Helper()
	return issueAt(t, key, id, time.Now().Add(time.Second), time.Hour)
}

func issueAt(t *testing.T, key, id string, at time.Time, end time.Duration) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(key)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jwt.Signed(s).Claims(jwt.Claims{Subject: id, IssuedAt: jwt.NewNumericDate(at), Audience: jwt.Audience{"parley"}, Expiry: jwt.NewNumericDate(time.Now().Add(end))}).
		Claims(map[string]any{"given_name": strings.ToUpper(id), "labels": []string{"vip"}}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// vouch hands a token over, as the page's script does by user.tag.
func (b *browser) vouch(token string) frame {
	_, f := b.post("/_chat/api/tag", obj{"data": obj{"externalToken": token}})
	return f
}

func TestTokenSignsIn(t *testing.T) {
	w := newWorld(t, shop, tokenIdentity)
	_, desk := w.desk()
	b := w.browser()
	mark := b.start("who is this?")
	before := b.token()
	tab := b.hello(mark)
	if f := b.vouch(issue(t, tokenKey, "mia", time.Hour)); f.T != "again" {
		t.Fatalf("%+v", f)
	}
	if b.token() == before {
		t.Error("the session's token is the same after signing in")
	}
	tab.expect("again")
	if got := b.history(mark); got != "who is this?" {
		t.Errorf("after signing in: %q", got)
	}
	desk.until("her name, verified, at the desk", func(f frame) bool {
		return f.T == "conversation" && f.C.Person && f.C.Profile.ID == "mia" && f.C.Profile.Firstname == "MIA" && len(f.C.Profile.Labels) == 1
	})
	// Pages that say nothing of her change nothing, and the same token neither.
	b.visit("/")
	if f := b.vouch(issue(t, tokenKey, "mia", time.Hour)); f.T != "ok" {
		t.Errorf("the same once more: %+v", f)
	}
	// Another device.
	phone := w.browser()
	phone.vouch(issue(t, tokenKey, "mia", time.Hour))
	if got := phone.history(""); got != "who is this?" {
		t.Errorf("on her phone: %q", got)
	}
	// Somebody else at the same browser.
	b.vouch(issueLater(t, tokenKey, "noa"))
	if got := b.history(""); got != "" {
		t.Errorf("noa sees %q", got)
	}
	phone.visit("/out")
	if who := phone.say("hello", "hello", obj{}).Who; who != "none" {
		t.Errorf("after the logout: %s", who)
	}
}

func TestTokenRefused(t *testing.T) {
	w := newWorld(t, shop, tokenIdentity)
	mia := w.browser()
	mia.vouch(issue(t, tokenKey, "mia", time.Hour))
	mia.say("send", "ack", obj{"cid": "client-1", "text": "private"})
	for name, token := range map[string]string{
		"another key": issue(t, strings.Repeat("x", 32), "mia", time.Hour),
		"over":        issue(t, tokenKey, "mia", -time.Hour),
		"no token":    "mia",
	} {
		b := w.browser()
		if f := b.vouch(token); f.T != "error" || f.Code != "bad_token" || f.Text == "" {
			t.Errorf("%s: %+v", name, f)
		}
		if b.token() != "" {
			t.Errorf("%s: a session", name)
		}
	}
	// Beside a token nothing else is read: it would look verified.
	b := w.browser()
	mark := b.start("hello")
	_, f := b.post("/_chat/api/tag", obj{"mark": mark, "data": obj{"externalToken": issue(t, tokenKey, "mia", time.Hour), "email": "x@example.com"}})
	if f.Code != "bad_frame" {
		t.Errorf("with an address beside it: %+v", f)
	}
	// A page of another site can't hand one over.
	r := b.request("POST", "/_chat/api/tag", []byte(`{"data":{"externalToken":"`+issue(t, tokenKey, "mia", time.Hour)+`"}}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://evil.example")
	if resp, _ := b.do(r); resp.StatusCode != 403 || len(resp.Cookies()) > 0 {
		t.Errorf("from another origin: %s", resp.Status)
	}
}

func TestTokenWhereNoneCounts(t *testing.T) {
	w := newWorld(t, shop, shopIdentity)
	if f := w.browser().vouch(issue(t, tokenKey, "mia", time.Hour)); f.Code != "bad_token" || !strings.Contains(f.Text, "not configured") {
		t.Errorf("%+v", f)
	}
}

// A page that was made before, shown from a cache, by the back button or in
// another tab, hands over a token that was true then.
func TestTokenFromBefore(t *testing.T) {
	w := newWorld(t, shop, tokenIdentity)
	for name, out := range map[string]func(*browser){
		"the route": func(b *browser) { b.visit("/out") },
		"reset":     func(b *browser) { b.say("reset", "reset", obj{}) },
	} {
		b := w.browser()
		b.agent = name // else both rounds are the same browser's
		old := issue(t, tokenKey, "mia", time.Hour)
		b.vouch(old)
		b.say("send", "ack", obj{"cid": "client-" + strings.ReplaceAll(name, " ", "-"), "text": "private"})
		out(b)
		b.vouch(old)
		if who := b.say("hello", "hello", obj{}).Who; who != "none" {
			t.Errorf("after a logout by %s, the token from before makes the next one %s", name, who)
		}
		b.vouch(issueLater(t, tokenKey, "noa"))
		b.vouch(old)
		if got := b.history(""); got != "" {
			t.Errorf("the next person, who has signed in, sees %q", got)
		}
	}
}
