package chat_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// The cases are the console's too, which marks what the server finds.
func TestASearchIsWordsAndPhrases(t *testing.T) {
	file, err := os.ReadFile("../widget/console/fold.cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases struct{ Searches [][2]json.RawMessage }
	if err := json.Unmarshal(file, &cases); err != nil || len(cases.Searches) == 0 {
		t.Fatal("no cases:", err)
	}
	for _, c := range cases.Searches {
		var search string
		var want []string
		if json.Unmarshal(c[0], &search) != nil || json.Unmarshal(c[1], &want) != nil {
			t.Fatalf("%s is no case", c)
		}
		if got := chat.NewSearch(search).Words(); !slices.Equal(got, want) {
			t.Errorf("%q looks for %q, want %q", search, got, want)
		}
	}
}
