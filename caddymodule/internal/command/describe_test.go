package command

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// Whoever erases somebody sees whom: nothing moves the cursor, turns the text
// around or makes two ids look alike.
func TestPeopleOnATerminal(t *testing.T) {
	got := describePersonalData(chat.PersonalData{Site: "shop", Key: "id:7\u200B\x1b[2J", Emails: []string{"a\u202E@example.com"},
		Person: &chat.Person{Profile: chat.Profile{Firstname: "Jürgen\u202E"}}})
	if want := `id:7\u200b\x1b[2J (Jürgen) of site shop`; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, `, a\u202e@example.com`) {
		t.Errorf("%s", got)
	}
}
