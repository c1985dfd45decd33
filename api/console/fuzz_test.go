package console_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/api/apitest"
)

// FuzzConsoleFrame is what an agent's socket takes, and that of nobody.
func FuzzConsoleFrame(f *testing.F) {
	w := apitest.New(f)
	w.Limits.Enable(false)
	w.Browser("203.0.113.1").Start("hello")
	conv := string(w.Inbox()[0].ID)
	agent, nobody := w.Login(), w.Browser("203.0.113.2")
	for i, frame := range apitest.Frames {
		f.Add(i%5 != 0, []byte(frame))
		f.Add(true, []byte(strings.Replace(frame, `"conv":"c"`, `"conv":"`+conv+`"`, 1)))
	}
	f.Fuzz(func(t *testing.T, signedIn bool, body []byte) {
		b := agent
		if !signedIn {
			b = nobody
		}
		s, _, err := b.Dial("/desk/socket")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.T = t
		_ = s.WriteMessage(websocket.TextMessage, body)                                      // the server may have closed the connection
		_ = s.WriteMessage(websocket.TextMessage, []byte(`{"t":"the_end","cid":"the_end"}`)) // behind its answer comes another
		for {
			answer, err := s.ReadRaw()
			if !signedIn && websocket.IsCloseError(err, 4003) {
				return
			}
			if err != nil {
				t.Fatalf("%q ends the connection: %v", body, err)
			}
			said := apitest.CheckAnswer(t, answer)
			switch {
			case !signedIn && said.T != "signed_out" && said.Code != "bad_frame":
				t.Fatalf("nobody got %q for %q", answer, body)
			case said.CID == "the_end":
				return
			}
		}
	})
}

// FuzzLogin is what strangers may send to the console.
func FuzzLogin(f *testing.F) {
	w := apitest.New(f)
	for _, body := range append(apitest.Frames, `{"email":"anna@example.com","password":"guess"}`, `{"email":1}`, `{"email":"`+strings.Repeat("a", 300)+`"}`) {
		for _, path := range []string{"login", "me", "logout"} {
			f.Add(path, "token", []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, path, cookie string, body []byte) {
		var asked struct{ Email, Password string }
		if json.Unmarshal(body, &asked) == nil && asked.Password == "secret" {
			return
		}
		r := httptest.NewRequest(http.MethodPost, "http://shop.example/", bytes.NewReader(body))
		r.Header.Set("Origin", "http://shop.example")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", "parley.desk="+cookie)
		rec := httptest.NewRecorder()
		w.Console.ServeHTTP(rec, r, "/desk/api/"+path)
		if answer := apitest.CheckAnswer(t, rec.Body.Bytes()); answer.T == "me" {
			t.Fatalf("%q signed in", body)
		}
	})
}
