package e2e_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// mute is an application whose pages don't say who is signed in, and whose cookies
// stay the same when that changes: it has none.
type mute struct {
	mu   sync.Mutex
	user string // who is signed in at the only browser that there is
}

// sign signs somebody in, or out, with no request of the browser's.
func (m *mute) sign(user string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.user = user
}

func (m *mute) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/me" {
		pages{r.URL.Path: page(`<title>Mute</title>`, `<h1>Mute</h1>`)}.ServeHTTP(w, r)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id":%q}`, m.user)
}

const muteChat = "identity {\nprobe /me {\nid .id\n}\n}\nlogout /logout"

// waitFor waits until it is so. What an application knows by itself is found
// within a minute, which is longer than a tab's own patience.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !is(); time.Sleep(time.Second) { // between two looks; nothing depends on it
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// Whoever signs out in the application, elsewhere and with no request that the
// chat could see, is out of a chat that lies quietly open too, in all tabs, and
// whoever signs in is in.
func TestQuietChatNoticesTheApplicationsSignOut(t *testing.T) {
	t.Parallel()
	app := &mute{user: "mia"}
	s := startSiteApart(t, muteChat, app)
	computer := browser.New(t)
	mia := begin(computer.Tab(), s.local+"/")
	other := people.Visit(computer, s.local+"/about")
	other.OpenChat()
	other.Sees("ONE.")

	app.sign("")
	shows := func(v people.Visitor, text string) bool {
		return browser.Eval[bool](v.Tab, `document.querySelector('parley-chat').shadowRoot.textContent.includes(`+browser.Quote(text)+`)`)
	}
	waitFor(t, "both tabs are empty", func() bool { return !shows(mia, "ONE.") && !shows(other, "ONE.") })

	// Who writes now is anonymous, until Jonas signs in, and takes that along.
	mia.Say("Two.")
	mia.Sees("TWO.")
	expectAlone(t, "who comes after", mia.Transcript(), "One", "ONE")
	app.sign("jonas")
	waitFor(t, "Jonas is known", func() bool {
		for _, c := range computer.Cookies() {
			if c.Name == "parley-shop" {
				return c.Value == "p"
			}
		}
		return false
	})
	mia.Sees("TWO.")
	expectAlone(t, "Jonas", mia.Transcript(), "One", "ONE")
}
