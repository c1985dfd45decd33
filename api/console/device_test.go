package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
)

// agents are some who all have the same password.
type agents struct {
	apitest.OnlyAnna
	emails []string
	key    string
}

func (a agents) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	for _, e := range a.emails {
		if e == email {
			return chat.AgentInfo{Email: e}, chat.HashOf("secret"), true
		}
	}
	return chat.AgentInfo{}, chat.Hash{}, false
}

func (a agents) Verify(email, password string) bool {
	_, _, ok := a.Agent(email)
	return ok && password == "secret"
}

func (a agents) DeviceKey(email string) chat.Hash { return chat.HashOf(a.key + email) }

// login signs in with a cookie that says which device it is, and returns the
// status and the cookies that were set.
func login(w *apitest.World, address, cookie, email, password string) (int, []*http.Cookie) {
	w.T.Helper()
	r, err := w.Browser(address).Request("/desk/api/login", "application/json",
		strings.NewReader(fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)),
		func(r *http.Request) { r.Header.Set("Cookie", cookie) })
	if err != nil {
		w.T.Fatal(err)
	}
	return r.HTTP, (&http.Response{Header: r.Header}).Cookies()
}

// What the browser keeps of a sign-in opens nothing, is for the agent who has
// signed in alone, and ends with their password; a browser has room for several.
func TestDeviceIsKnownForItsAgentsOnly(t *testing.T) {
	w := apitest.New(t)
	few := agents{key: "a key"}
	for i := range 10 {
		few.emails = append(few.emails, fmt.Sprintf("agent-%d@example.com", i))
	}
	w.Console.Agents = few
	now := time.Now()
	w.Console.SignIns.Now = func() time.Time { return now } // no wait ends
	cookie := ""
	for _, email := range few.emails {
		status, cookies := login(w, "192.0.2.1", cookie, email, "secret")
		if status != http.StatusOK || len(cookies) != 2 {
			t.Fatalf("%s: %d, %v", email, status, cookies)
		}
		c := cookies[1]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/desk/" || c.MaxAge < 180*24*3600 || strings.Contains(c.Value, email) {
			t.Errorf("the cookie is %s", c.Raw)
		}
		cookie = c.Name + "=" + c.Value
	}
	if status, cookies := login(w, "192.0.2.1", cookie, few.emails[0], "guess"); status != http.StatusUnauthorized || len(cookies) > 0 {
		t.Fatalf("a wrong password is answered by %d, %v", status, cookies)
	}
	r, err := w.Browser("192.0.2.1").Request("/desk/api/me", "application/json", strings.NewReader("{}"), func(r *http.Request) { r.Header.Set("Cookie", cookie) })
	if err != nil || r.Code != "signed_out" {
		t.Errorf("with it alone they are %+v, %v", r.Said, err)
	}
	for _, email := range few.emails { // by strangers, until there is no try left
		for range 10 {
			login(w, "198.51.100.1", "", email, "guess")
		}
	}
	flipped := []byte(cookie)
	flipped[len(flipped)-10] ^= 1
	for i, email := range few.emails {
		want := http.StatusOK
		if i < 2 {
			want = http.StatusTooManyRequests // eight are remembered
		}
		if got, _ := login(w, "198.51.100.1", cookie, email, "secret"); got != want {
			t.Errorf("%s on their device: %d, want %d", email, got, want)
		}
	}
	last := few.emails[9]
	_, passes, _ := strings.Cut(cookie, "=")
	pass, _, _ := strings.Cut(passes, ".")
	for what, c := range map[string][2]string{
		"another's": {few.emails[8], "parley.device=" + pass},
		"changed":   {few.emails[2], string(flipped)},
		"twice":     {last, cookie + "; " + cookie},
		"too long":  {last, cookie + strings.Repeat("."+pass, 50)},
		"junk":      {last, "parley.device=....!"},
	} {
		if got, _ := login(w, "198.51.100.1", c[1], c[0], "secret"); got != http.StatusTooManyRequests {
			t.Errorf("%s: %d", what, got)
		}
	}
	few.key = "of another password"
	w.Console.Agents = few
	if got, _ := login(w, "198.51.100.1", cookie, last, "secret"); got != http.StatusTooManyRequests {
		t.Errorf("on their device, after the password changed: %d", got)
	}
}
