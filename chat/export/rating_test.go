package export_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// What a person has said of a chat is theirs; how agents worked with it is not.
func TestExportHasRatings(t *testing.T) {
	st := filled(t)
	byAnna, visitor := chat.Author{Side: chat.Agent, ID: "anna@example.com"}, chat.Author{Side: chat.Visitor}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, ch := range []chat.Change{
		{Status: chat.Resolved, By: byAnna},
		{Rating: &chat.Rating{Score: 2, Comment: "slow <b>", Resolves: 1}, By: visitor},
		{Message: &chat.Draft{ClientID: "client-x", Text: "again", Author: visitor}},
		{Status: chat.Resolved, By: byAnna},
		{Rating: &chat.Rating{Score: 5, Comment: "better", Resolves: 2}, By: visitor},
	} {
		if _, _, err := st.ChangeConversation(bg, "c-shop", ch, now); err != nil {
			t.Fatal(err)
		}
	}
	files := exported(t, st, chat.Subject{Site: "shop", ID: "7"})
	for name, want := range map[string][]string{
		"person.json":       {`"comment":"slow \u003cb\u003e"`, `"comment":"better"`, `"rating":{"score":5`},
		"conversation.html": {"Rated the chat 2 of 5", "slow &lt;b&gt;", "Rated the chat 5 of 5", "better"},
	} {
		at := 0
		for _, text := range want {
			i := strings.Index(files[name], text)
			if i < 0 {
				t.Errorf("%s lacks %s", name, text)
			} else if name == "conversation.html" && i < at {
				t.Errorf("%s has %s too early", name, text)
			} else {
				at = i
			}
		}
		if strings.Contains(files[name], "anna@") || strings.Contains(files[name], `"resolved","time"`) {
			t.Errorf("%s tells what agents did", name)
		}
	}
}
