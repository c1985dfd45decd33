package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/export"
	"github.com/parley-chat/parley/storage/badger"
)

var bg = context.Background()

// messages are more than are read at once.
const messages = 230

// filled returns a store with a person who tries to break out of a page.
func filled(t *testing.T) chat.Store {
	t.Helper()
	st, err := badger.Open(bg, badger.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, site := range []string{"shop", "wiki"} {
		p := chat.Profile{ID: "7", Email: "mia@example.com", Firstname: "<script>alert(1)</script>\u202Egpj", Fields: map[string]string{"plan": "plus"}}
		_, err := st.SignIn(bg, chat.Session{ID: chat.SessionID("s-" + site), Site: site, Person: "id:7", Created: now}, chat.HashOf(site), p)
		if err != nil {
			t.Fatal(err)
		}
		id := chat.ConversationID("c-" + site)
		if _, err := st.OpenConversation(bg, chat.Owner{Site: site, Person: "id:7"}, chat.Conversation{ID: id, Site: site, Person: "id:7", Profile: p, Created: now, Active: now}); err != nil {
			t.Fatal(err)
		}
		for n := range messages {
			d := &chat.Draft{ClientID: fmt.Sprintf("client-%03d", n), Text: fmt.Sprintf("text %d </p><img src=x onerror=alert(2)>", n), Author: chat.Author{Side: chat.Visitor, Name: `"Mia"`}}
			if n == messages-1 {
				a, err := st.Upload(bg, chat.Upload{ID: "f-1", Conversation: id, Side: chat.Visitor, Name: `in"voice<1>.pdf`, Type: "application/pdf", Created: now}, strings.NewReader("the file"))
				if err != nil && site == "shop" {
					t.Fatal(err)
				}
				if site == "shop" {
					d.Attachments = []chat.Attachment{a}
				}
			}
			if _, _, err := st.ChangeConversation(bg, id, chat.Change{Message: d}, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	return st
}

func exported(t *testing.T, st chat.Store, who chat.Subject) map[string]string {
	t.Helper()
	hs, err := st.PersonalData(bg, who)
	if err != nil {
		t.Fatal(err)
	}
	return unpacked(t, st, hs)
}

// unpacked returns the files of an archive of this personal data.
func unpacked(t *testing.T, st chat.Store, hs []chat.PersonalData) map[string]string {
	t.Helper()
	var b bytes.Buffer
	if err := export.Write(bg, &b, st, hs, time.Now()); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

func TestExport(t *testing.T) {
	st := filled(t)
	files := exported(t, st, chat.Subject{Site: "shop", ID: "7"})
	var person struct {
		Site          string
		Person        chat.Person
		Sessions      []chat.Session
		Conversations []struct {
			Conversation chat.Conversation
			Messages     []chat.Message
		}
	}
	if err := json.Unmarshal([]byte(files["person.json"]), &person); err != nil {
		t.Fatal(err)
	}
	if person.Site != "shop" || person.Person.Profile.Fields["plan"] != "plus" || len(person.Sessions) != 1 || len(person.Conversations) != 1 {
		t.Errorf("%+v", person)
	}
	for i, m := range person.Conversations[0].Messages {
		if m.Seq != chat.Seq(i+1) || !strings.HasPrefix(m.Text, fmt.Sprintf("text %d ", i)) {
			t.Fatalf("message %d: %+v", i, m)
		}
	}
	if n := len(person.Conversations[0].Messages); n != messages {
		t.Errorf("%d messages", n)
	}
	page := files["conversation.html"]
	for _, bad := range []string{"<script", "\u202E", "<img", `in"voice`, "http://", "https://"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	// A name keeps to itself what it does to the direction of writing.
	for _, want := range []string{"<bdi>&lt;script&gt;alert(1)&lt;/script&gt;gpj</bdi></h1>", "<strong><bdi>&#34;Mia&#34;</bdi></strong>", "text 0 &lt;/p&gt;", "text 229", "mia@example.com", "plus", "attachments/230-1-in%22voice%3c1%3e.pdf"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if files[`attachments/230-1-in"voice<1>.pdf`] != "the file" || len(files) != 3 {
		t.Errorf("the files are %d", len(files))
	}
}

func TestExportOfSeveral(t *testing.T) {
	files := exported(t, filled(t), chat.Subject{Email: "mia@example.com"})
	for _, name := range []string{"shop-1/person.json", "shop-1/conversation.html", "wiki-2/person.json", "wiki-2/conversation.html"} {
		if files[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
}

// Where two conversations of one person have messages, each has its own files.
func TestExportOfTwoConversations(t *testing.T) {
	st := filled(t)
	second := chat.PersonalData{Site: "shop"}
	for _, id := range []chat.ConversationID{"c-shop", "c-more"} {
		c, err := st.OpenConversation(bg, chat.Owner{Site: "shop", Person: "of " + string(id)}, chat.Conversation{ID: id + "-2", Site: "shop", Person: "of " + string(id)})
		if err != nil {
			t.Fatal(err)
		}
		a, err := st.Upload(bg, chat.Upload{ID: chat.AttachmentID("f-" + id), Conversation: c.ID, Side: chat.Visitor, Name: "a.txt", Type: "text/plain", Created: time.Now()}, strings.NewReader("file of "+string(id)))
		if err != nil {
			t.Fatal(err)
		}
		c, _, err = st.ChangeConversation(bg, c.ID, chat.Change{Message: &chat.Draft{ClientID: "client-1", Attachments: []chat.Attachment{a}, Author: chat.Author{Side: chat.Visitor}}}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		second.Conversations = append(second.Conversations, c)
	}
	files := unpacked(t, st, []chat.PersonalData{second})
	for name, want := range map[string]string{"attachments/1-1-a.txt": "file of c-shop", "attachments-2/1-1-a.txt": "file of c-more"} {
		if files[name] != want {
			t.Errorf("%s is %q, want %q", name, files[name], want)
		}
		if !strings.Contains(files["conversation.html"], `href="`+name) {
			t.Errorf("the page has no link to %s", name)
		}
	}
}
