package visitor_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/chat"
)

// ids are client ids, good and bad, for seeds.
var ids = []string{"client-1", "", "short", strings.Repeat("x", 65), "a b c d e", "näheres-1", "-_-_-_-_", "client-1\n"}

var goodID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// FuzzPost is the whole way of a visitor's POST, by a visitor with a chat and
// by one without.
func FuzzPost(f *testing.F) {
	w := apitest.New(f)
	w.Limits.Enable(false)
	known := w.Browser("203.0.113.1")
	mark := known.Start("for who was there")
	for _, kind := range []string{"hello", "start", "send", "earlier", "tag", "page", "read", "typing", "nonsense", "../desk"} {
		for i, frame := range apitest.Frames {
			f.Add(kind, i%2 == 0, []byte(strings.Replace(frame, `"mark":"m"`, `"mark":"`+mark+`"`, 1)))
		}
	}
	for _, id := range ids {
		frame, _ := json.Marshal(apitest.Obj{"cid": id, "text": "x", "mark": mark})
		f.Add("send", true, frame)
	}
	token := known.Token()
	f.Fuzz(func(t *testing.T, kind string, cookie bool, body []byte) {
		if kind == "reset" {
			return // it would end the session that the others use
		}
		r := httptest.NewRequest(http.MethodPost, "http://shop.example/", bytes.NewReader(body))
		r.Header.Set("Origin", "http://shop.example")
		r.Header.Set("Content-Type", "application/json")
		if cookie {
			r.AddCookie(&http.Cookie{Name: "parley-shop-session", Value: token})
		}
		rec := httptest.NewRecorder()
		w.Visitor.ServeHTTP(rec, r, "/_chat/api/"+kind)
		answer := apitest.CheckAnswer(t, rec.Body.Bytes())
		var sent struct{ CID, Mark string }
		_ = json.Unmarshal(body, &sent) // where it can't be read there is nothing to compare
		if answer.T == "ack" && (!goodID.MatchString(answer.CID) || !cookie || sent.Mark == "") {
			t.Fatalf("acknowledged: %q for %q, cookie %v", rec.Body, body, cookie)
		}
		if strings.Contains(rec.Body.String(), "for who was there") && (!cookie || sent.Mark != mark) {
			t.Fatalf("%q opened the chat: %q", body, rec.Body)
		}
	})
}

// FuzzVisitorFrame is what a visitor's socket takes.
func FuzzVisitorFrame(f *testing.F) {
	w := apitest.New(f)
	w.Limits.Enable(false)
	b := w.Browser("203.0.113.1")
	b.Post("start", "hello", apitest.Obj{"mark": apitest.Secret, "cid": "client-0", "text": "hello"})
	for i, frame := range apitest.Frames {
		f.Add(i%5 != 0, i%7 != 0, []byte(frame))
	}
	f.Fuzz(func(t *testing.T, greeted, text bool, body []byte) {
		s, _, err := b.Dial("/_chat/socket")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.T = t
		if greeted {
			s.Say(apitest.Obj{"t": "hello", "mark": apitest.Secret})
			s.Expect("hello")
		}
		messageType := websocket.TextMessage
		if !text {
			messageType = websocket.BinaryMessage
		}
		_ = s.WriteMessage(messageType, body)                             // the server may close the connection for it
		_ = s.WriteMessage(websocket.TextMessage, []byte(`{"t":"here"}`)) // behind its answer comes another
		for {
			answer, err := s.ReadRaw()
			if websocket.IsCloseError(err, 4001, 4002, websocket.CloseMessageTooBig) && !greeted {
				return
			}
			if err != nil {
				t.Fatalf("%q ends the connection: %v", body, err)
			}
			said := apitest.CheckAnswer(t, answer)
			if said.T == "hello" && !strings.Contains(string(body), apitest.Secret) && said.Who != "none" {
				t.Fatalf("%q was greeted as %s", body, said.Who)
			}
			if said.T == "ok" {
				return
			}
		}
	})
}

// FuzzClientID: what has the form that is asked for is taken, all else is not.
func FuzzClientID(f *testing.F) {
	for _, id := range ids {
		f.Add(id, "text")
	}
	f.Fuzz(func(t *testing.T, id, text string) {
		err := chat.CheckDraft(id, text)
		if good := goodID.MatchString(id) && !strings.HasSuffix(id, "\n"); good != chat.ValidClientID(id) || err == nil && !good {
			t.Fatalf("%q: %v", id, err)
		}
		if clean, err := chat.CleanText(text); err == nil && (!utf8.ValidString(clean) || utf8.RuneCountInString(clean) > chat.MaxText || strings.TrimSpace(clean) != clean) {
			t.Fatalf("%q becomes %q", text, clean)
		}
	})
}
