package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
	"github.com/parley-chat/parley/storage/badger"
)

// longHistory writes a conversation of Mia's into a new store and returns where
// that is, and its texts in order: some short, some of several lines, over weeks.
func longHistory(t testing.TB, messages int) (path string, texts []string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "store")
	store, err := badger.Open(t.Context(), badger.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	begun := time.Now().AddDate(0, -6, 0)
	c, err := store.OpenConversation(t.Context(), chat.Owner{Site: "shop", Person: "id:mia"},
		chat.Conversation{ID: "c1", Site: "shop", Person: "id:mia", Profile: chat.Profile{ID: "mia"}, Status: chat.Open, Created: begun})
	if err != nil {
		t.Fatal(err)
	}
	const together = 50 // written at once, since each write waits for the disk
	for first := 0; first < messages; first += together {
		now := begun.Add(time.Duration(first) * 5 * time.Minute)
		atOnce(min(together, messages-first), func(n int) {
			n += first
			author := chat.Author{Side: chat.Visitor, ID: "id:mia"}
			if n%3 == 0 {
				author = chat.Author{Side: chat.Agent, ID: "anna@example.com", Name: "Anna Berg"}
			}
			draft := &chat.Draft{Author: author, Text: fmt.Sprintf("Number %d.%s", n, strings.Repeat(" And on it goes, for a while.", n%7*n%5))}
			if _, _, err := store.ChangeConversation(t.Context(), c.ID, chat.Change{Message: draft}, now); err != nil {
				t.Error(err)
			}
		})
	}
	for len(texts) < messages {
		list, err := store.Messages(t.Context(), c.ID, chat.Range{After: chat.Seq(len(texts)), Limit: 1000})
		if err != nil || len(list) == 0 {
			t.Fatalf("reading what was written: %d messages, %v", len(list), err)
		}
		for _, m := range list {
			texts = append(texts, m.Text)
		}
	}
	return path, texts
}

// longChat is Mia on a shop in which she has said much, and been told much.
func longChat(t testing.TB, messages int) (mia people.Visitor, url string, texts []string) {
	t.Helper()
	path, texts := longHistory(t, messages)
	mia, url = miaOn(t, path)
	return mia, url, texts
}

// miaOn is Mia on a shop with a store that is there already.
func miaOn(t testing.TB, path string) (mia people.Visitor, url string) {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("X-User-Id", "mia")
		fmt.Fprint(w, page("<title>Shop</title>", `<h1>Shop</h1><a href="/next">Next</a>`))
	}))
	t.Cleanup(app.Close)
	port := server.FreePort(t)
	server.Start(t, t.TempDir(), fmt.Sprintf(`
{
	chat {
		storage badger {
			path %s
		}
		agent anna@example.com %s {
			name "Anna Berg"
		}
	}
}
http://127.0.0.1:%d {
	bind 127.0.0.1
	chat {
		site shop
		identity {
			id X-User-Id
		}
		logout /logout
	}
	chat_console {
		path /desk
	}
	reverse_proxy %s
}
`, path, hash(t, demoPassword), port, strings.TrimPrefix(app.URL, "http://")))
	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	return people.Visitor{Tab: browser.New(t).Open(url)}, url
}

// reader is in the page what follows the open chat's log. Its kept is what reading
// upwards has come by, in order; drawn are the bubbles in the page now.
const reader = `window.reader = (() => {
	const log = document.querySelector('parley-chat').shadowRoot.querySelector('[role=log]')
	const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)))
	const drawn = () => [...log.querySelectorAll('.bubble')]
	const yOf = e => e.getBoundingClientRect().top - log.getBoundingClientRect().top
	const inSight = () => drawn().find(e => yOf(e) >= 0)
	const reader = { log, painted, drawn, yOf, inSight, kept: [] }
	reader.note = () => {
		const now = drawn().map(e => e.textContent)
		const known = now.indexOf(reader.kept[0])
		if (known < 0 && reader.kept.length) throw Error('nothing leads from ' + now[0] + ' to ' + reader.kept[0])
		reader.kept.unshift(...(known < 0 ? now : now.slice(0, known)))
	}
	reader.up = async to => {
		while (reader.kept[0] !== to) {
			log.scrollTop -= 500
			await painted()
			reader.note()
		}
	}
	reader.where = () => {
		const e = inSight()
		return { text: e.textContent, y: yOf(e) }
	}
	return reader
})()`

// reading is a bubble in sight, and where it is.
type reading struct {
	Text string
	Y    float64
}

// expectPlace waits until the log shows a bubble where it was.
func expectPlace(v people.Visitor, when string, want reading) {
	v.FindBy("log", browser.Any, "the chat's messages").Until(fmt.Sprintf("%q at %.1f after %s", want.Text, want.Y, when), fmt.Sprintf(`function() {
		const e = [...this.querySelectorAll('.bubble')].find(e => e.textContent === %s)
		return !!e && Math.abs(e.getBoundingClientRect().top - this.getBoundingClientRect().top - %f) < 1.5
	}`, browser.Quote(want.Text), want.Y))
}

// However long a conversation is, what is near to what is in sight of it stands in
// the page; all the rest comes as one scrolls, in order and once, and what one reads
// stays where it is.
func TestLongChat(t *testing.T) {
	const messages = 3000
	mia, url, texts := longChat(t, messages)
	desk := people.SignIn(browser.New(t), url+"/desk/", "anna@example.com", demoPassword)
	mia.OpenChat()
	mia.Sees(texts[messages-1])
	few := func(when string) {
		t.Helper()
		if n := browser.Eval[int](mia.Tab, `document.querySelector('parley-chat').shadowRoot.querySelectorAll('*').length`); n > 400 {
			t.Errorf("%s, %d elements are in the page", when, n)
		}
	}
	few("at first")
	mia.Screenshot("end")

	// Older messages come in far above what is read, before anybody has to wait.
	browser.Eval[any](mia.Tab, reader)
	browser.Eval[any](mia.Tab, `reader.note()`)
	moved := browser.Eval[float64](mia.Tab, `(async () => {
		const { log, painted, where, drawn, yOf } = reader
		log.scrollTop -= 500
		await painted()
		reader.note()
		const before = where(), high = log.scrollHeight
		while (log.scrollHeight < high + 3000) await painted()
		await painted()
		return yOf(drawn().find(e => e.textContent === before.text)) - before.y
	})()`)
	if moved > 1 || moved < -1 {
		t.Errorf("as older messages came in, what was read moved by %.1f pixels", moved)
	}
	browser.Eval[any](mia.Tab, `reader.up(`+browser.Quote(texts[0])+`).then(() => {})`)
	kept := browser.Eval[[]string](mia.Tab, `reader.kept`)
	if len(kept) != messages {
		t.Fatalf("on the way up there were %d messages", len(kept))
	}
	for i, text := range kept {
		if text != texts[i] {
			t.Fatalf("message %d was %q, want %q", i+1, text, texts[i])
		}
	}
	few("at the beginning")
	mia.Screenshot("beginning")

	// What is read stays through what comes, and lines that break elsewhere.
	browser.Eval[any](mia.Tab, `reader.log.scrollTop = reader.log.scrollHeight * 0.7, reader.painted()`)
	read := browser.Eval[reading](mia.Tab, `reader.where()`)
	mia.Screenshot("middle")
	desk.Take(texts[messages-1])
	if got := browser.Eval[string](mia.Tab, told); strings.TrimSpace(got) != "" {
		t.Errorf("scrolling told screen readers %q", got)
	}
	desk.Reply("Are you still there?")
	mia.Find("button", "New messages ↓")
	expectPlace(mia, "a message", read)
	if got := browser.Eval[string](mia.Tab, told); strings.TrimSpace(got) != "Anna Berg: Are you still there?" {
		t.Errorf("a message told screen readers %q", got)
	}
	mia.Resize(390, 700)
	expectPlace(mia, "a turn of the telephone", read)
	mia.Screenshot("narrow")
	mia.Resize(1280, 800)
	expectPlace(mia, "another", read)

	// It stays on the next page, and the browser keeps nothing of it.
	mia.Go(url + "/next")
	expectPlace(mia, "the next page", read)
	mia.Find("button", "Close chat")
	if got := browser.Eval[string](mia.Tab, `JSON.stringify(sessionStorage)`); got != "{}" {
		t.Errorf("the tab keeps %s", got)
	}

	// Who opens the chat anew begins at its end, where the next message is in sight.
	mia.CloseChat()
	mia.OpenChat()
	atEnd := `function() { return this.scrollHeight - this.scrollTop - this.clientHeight < 5 }`
	log := mia.FindBy("log", browser.Any, "the chat's messages")
	log.Until("the end", atEnd)
	mia.Sees("Are you still there?")
	desk.Reply("Mia?")
	mia.Sees("Mia?")
	log.Until("the end again", atEnd)

	// The key goes there too, over what was never drawn.
	mia.Go(url)
	mia.Sees("Mia?")
	log = mia.FindBy("log", browser.Any, "the chat's messages")
	browser.Eval[any](mia.Tab, `document.querySelector('parley-chat').shadowRoot.querySelector('[role=log]').scrollTop = 0`)
	log.Press("End")
	log.Until("the end by its key", atEnd)
	mia.Sees("Mia?")
	few("at last")
}
