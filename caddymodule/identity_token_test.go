package caddymodule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/parley-chat/parley/internal/caddytest"
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

// presentToken hands a token over, as the page's script does by user.tag.
func presentToken(b *caddytest.Browser, token string) caddytest.Frame {
	_, f := b.Post("/_chat/api/tag", caddytest.Obj{"data": caddytest.Obj{"externalToken": token}})
	return f
}

func TestTokenSignsIn(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, tokenIdentity)
	_, desk := w.Desk()
	b := w.Browser()
	mark := b.StartChat("who is this?")
	before := b.Token()
	tab := b.Hello(mark)
	if f := presentToken(b, issue(t, tokenKey, "mia", time.Hour)); f.T != "again" {
		t.Fatalf("%+v", f)
	}
	if b.Token() == before {
		t.Error("the session's token is the same after signing in")
	}
	tab.Expect("again")
	if got := b.History(mark); got != "who is this?" {
		t.Errorf("after signing in: %q", got)
	}
	desk.Until("her name, verified, at the desk", func(f caddytest.Frame) bool {
		return f.T == "conversation" && f.C.Person && f.C.Profile.ID == "mia" && f.C.Profile.Firstname == "MIA" && len(f.C.Profile.Labels) == 1
	})
	// Pages that say nothing of her change nothing, and the same token neither.
	b.Visit("/")
	if f := presentToken(b, issue(t, tokenKey, "mia", time.Hour)); f.T != "ok" {
		t.Errorf("the same once more: %+v", f)
	}
	// Another device.
	phone := w.Browser()
	presentToken(phone, issue(t, tokenKey, "mia", time.Hour))
	if got := phone.History(""); got != "who is this?" {
		t.Errorf("on her phone: %q", got)
	}
	// Somebody else at the same browser.
	presentToken(b, issueLater(t, tokenKey, "noa"))
	if got := b.History(""); got != "" {
		t.Errorf("noa sees %q", got)
	}
	phone.Visit("/out")
	if who := phone.Call("hello", "hello", caddytest.Obj{}).Who; who != "none" {
		t.Errorf("after the logout: %s", who)
	}
}

func TestTokenRefused(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, tokenIdentity)
	mia := w.Browser()
	presentToken(mia, issue(t, tokenKey, "mia", time.Hour))
	mia.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "private"})
	for name, token := range map[string]string{
		"another key": issue(t, strings.Repeat("x", 32), "mia", time.Hour),
		"over":        issue(t, tokenKey, "mia", -time.Hour),
		"no token":    "mia",
	} {
		b := w.Browser()
		if f := presentToken(b, token); f.T != "error" || f.Code != "bad_token" || f.Text == "" {
			t.Errorf("%s: %+v", name, f)
		}
		if b.Token() != "" {
			t.Errorf("%s: a session", name)
		}
	}
	// Beside a token nothing else is read: it would look verified.
	b := w.Browser()
	mark := b.StartChat("hello")
	_, f := b.Post("/_chat/api/tag", caddytest.Obj{"mark": mark, "data": caddytest.Obj{"externalToken": issue(t, tokenKey, "mia", time.Hour), "email": "x@example.com"}})
	if f.Code != "bad_frame" {
		t.Errorf("with an address beside it: %+v", f)
	}
	// A page of another site can't hand one over.
	r := b.Request("POST", "/_chat/api/tag", []byte(`{"data":{"externalToken":"`+issue(t, tokenKey, "mia", time.Hour)+`"}}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://evil.example")
	if resp, _ := b.Do(r); resp.StatusCode != 403 || len(resp.Cookies()) > 0 {
		t.Errorf("from another origin: %s", resp.Status)
	}
}

func TestTokenWhereNoneCounts(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	if f := presentToken(w.Browser(), issue(t, tokenKey, "mia", time.Hour)); f.Code != "bad_token" || !strings.Contains(f.Text, "not configured") {
		t.Errorf("%+v", f)
	}
}

// A page that was made before, shown from a cache, by the back button or in
// another tab, hands over a token that was true then.
func TestTokenFromBefore(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, tokenIdentity)
	for name, out := range map[string]func(*caddytest.Browser){
		"the route": func(b *caddytest.Browser) { b.Visit("/out") },
		"reset":     func(b *caddytest.Browser) { b.Call("reset", "reset", caddytest.Obj{}) },
	} {
		b := w.Browser()
		b.Agent = name // else both rounds are the same browser's
		old := issue(t, tokenKey, "mia", time.Hour)
		presentToken(b, old)
		b.Call("send", "ack", caddytest.Obj{"cid": "client-" + strings.ReplaceAll(name, " ", "-"), "text": "private"})
		out(b)
		presentToken(b, old)
		if who := b.Call("hello", "hello", caddytest.Obj{}).Who; who != "none" {
			t.Errorf("after a logout by %s, the token from before makes the next one %s", name, who)
		}
		presentToken(b, issueLater(t, tokenKey, "noa"))
		presentToken(b, old)
		if got := b.History(""); got != "" {
			t.Errorf("the next person, who has signed in, sees %q", got)
		}
	}
}
