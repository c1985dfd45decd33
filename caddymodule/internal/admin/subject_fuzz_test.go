package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// Who is erased or exported is named in exactly one way, and what is read is
// what was written.
func FuzzReadSubject(f *testing.F) {
	for _, seed := range []string{`{"id":"7"}`, `{"site":"shop","email":"a@example.com"}`, `{"conversation":"x"}`,
		`{"id":"7","email":"a@example.com"}`, `{"site":"shop"}`, `{"Id":"7"}`, `{"id":"7"} {"id":"8"}`, `null`, `[]`, `{"who":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		who, err := readSubject(httptest.NewRequest("POST", "/", bytes.NewReader(body)))
		if err != nil {
			if !errors.Is(err, chat.ErrBadFrame) {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if !who.Valid() {
			t.Fatalf("%q names %+v", body, who)
		}
		text, err := json.Marshal(who)
		if err != nil {
			t.Fatal(err)
		}
		again, err := readSubject(httptest.NewRequest("POST", "/", bytes.NewReader(text)))
		if err != nil || again != who {
			t.Errorf("%+v comes back as %+v, %v", who, again, err)
		}
	})
}
