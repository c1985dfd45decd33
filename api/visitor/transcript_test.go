package visitor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/export"
)

// transcript asks for a visitor's conversation.
func transcript(t *testing.T, b *apitest.Browser, q apitest.Obj) apitest.Reply {
	t.Helper()
	body, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	a, err := b.Request("/_chat/api/transcript", "application/json", bytes.NewReader(body), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A visitor gets all of their conversation, in their words and by their clock, as a
// file in which nothing runs.
func TestTranscript(t *testing.T) {
	w := apitest.New(t)
	w.Visitor.Words = func(language string) export.Words {
		return export.Words{Language: language, RightToLeft: true, Title: "Ask <us>", Visitor: "You", Agent: "Support"}
	}
	b := w.Browser("203.0.113.1")
	mark := b.Start("message 1 <script>alert(1)</script>")
	id := w.Inbox()[0].ID
	const last = 1200
	for n := 2; n < last; n++ {
		author := chat.Author{Side: chat.Visitor}
		if n%2 == 0 {
			author = chat.Author{Side: chat.Agent, Name: "Anna <b>Berg"}
		}
		ch := chat.Change{Message: &chat.Draft{Author: author, Text: fmt.Sprintf("message %d.", n)}}
		if _, _, err := w.Store.ChangeConversation(t.Context(), id, ch, time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	file := b.Upload(apitest.Obj{"mark": mark, "name": `a"<i>.txt`}, strings.Repeat("x", 1500))
	b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": "client-x", "text": "", "attachments": []string{file}})

	a := transcript(t, b, apitest.Obj{"mark": mark, "language": "de", "zone": "Europe/Berlin"})
	day := time.Now().In(berlin(t)).Format(time.DateOnly)
	for name, want := range map[string]string{
		"Content-Type": apitest.Binary, "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
		"Content-Disposition":     `attachment; filename="chat ` + day + `.html"; filename*=UTF-8''chat%20` + day + `.html`,
		"Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	page := string(a.Body)
	at := 0
	for n := 1; n < last; n++ {
		text := fmt.Sprintf(">message %d.<", n)
		if n == 1 {
			text = ">message 1 &lt;script&gt;"
		}
		i := strings.Index(page[at:], text)
		if i < 0 {
			t.Fatalf("message %d is missing, or out of order", n)
		}
		at += i
	}
	for _, want := range []string{`<html lang="de" dir="rtl">`, "<h1>Ask &lt;us&gt;</h1>", "Europe/Berlin", "<bdi>You</bdi>", "<bdi>Anna &lt;b&gt;Berg</bdi>",
		"a&#34;&lt;i&gt;.txt", "1 kB", "2027-07-01 14:00:00 &#43;02:00", "</html>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, bad := range []string{"<script", "<i>", "anna@"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// It is for who may read the conversation, by the same proofs.
func TestTranscriptIsRefused(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("a secret")
	other := w.Browser("203.0.113.2")
	own := other.Start("another chat")
	left := w.Browser("203.0.113.3")
	leftMark := left.Start("a secret")
	had := left.Token()
	left.Post("reset", "reset", apitest.Obj{"mark": leftMark})
	left.Keep(had)
	nobody := w.Browser("203.0.113.4")
	nobody.SignIn("mia")
	for why, c := range map[string]struct {
		b    *apitest.Browser
		q    apitest.Obj
		code string
	}{
		"by the cookie alone":      {b, apitest.Obj{}, "no_session"},
		"by the tab secret alone":  {w.Browser("203.0.113.1"), apitest.Obj{"mark": mark}, "no_session"},
		"with another's secret":    {other, apitest.Obj{"mark": mark}, "no_session"},
		"after a logout":           {left, apitest.Obj{"mark": leftMark}, "no_session"},
		"before the first message": {nobody, apitest.Obj{}, "not_found"},
	} {
		if a := transcript(t, c.b, c.q); a.Code != c.code || bytes.Contains(a.Body, []byte("secret")) {
			t.Errorf("%s: %s", why, a.Body)
		}
	}
	if a := transcript(t, other, apitest.Obj{"mark": own}); a.HTTP != http.StatusOK || bytes.Contains(a.Body, []byte("a secret")) || !bytes.Contains(a.Body, []byte("another chat")) {
		t.Errorf("their own: %s", a.Body)
	}
	// Nothing of it is to be had by an address that could be passed on.
	if a, err := http.Get(w.URL + "/_chat/api/transcript?mark=" + mark); err != nil || a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("by GET: %v, %v", a, err)
	}
}

// The server's own zone is not told, and an unknown one is UTC.
func TestTranscriptOfNoZone(t *testing.T) {
	w := apitest.New(t)
	for i, zone := range []string{"", "Local", "../../etc/passwd", "/etc/passwd", "No/Where", "localtime", "posixrules", "posix/localtime", "./localtime",
		"Etc/../localtime", "right/UTC", "right/Europe/Berlin", "posix/Europe/Berlin", "CET", strings.Repeat("x", 1000)} {
		b := w.Browser(fmt.Sprint("203.0.113.", i)) // each may ask a few times
		mark := b.Start("hello")
		if a := transcript(t, b, apitest.Obj{"mark": mark, "zone": zone}); !bytes.Contains(a.Body, []byte(`<p translate="no">UTC</p>`)) {
			t.Errorf("%q: %s", zone, a.Body)
		}
	}
}
