package widget_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/widget"
)

var update = flag.Bool("update", false, "write docs/texts.md anew")

const begin, end = "<!-- The table is widget/texts/en.json: go test -run TextsDocs ./widget -update -->\n", "<!-- end -->\n"

// Who changes a text finds its name in the documentation.
func TestTextsDocs(t *testing.T) {
	const file = "../docs/texts.md"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(doc, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !ok || !ended {
		t.Fatalf("%s has no place for the table", file)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s| name | in English |\n| --- | --- |\n", before, begin)
	for i, text := range widget.Texts(widget.English) {
		if widget.TextNames()[i] == "emoji_names" {
			continue // what all emoji are called
		}
		shown := text.Plain
		if text.Forms != nil {
			shown = text.Forms["one"] + " / " + text.Forms["other"]
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", widget.TextNames()[i], shown)
	}
	fmt.Fprintf(&b, "%s%s", end, after)
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(b.Bytes(), doc) {
		t.Errorf("%s does not have the texts as they are: run go test -run TextsDocs ./widget -update", file)
	}
}

// Each language has each text, and Norwegian is Bokmål.
func TestLanguages(t *testing.T) {
	languages := widget.Languages()
	if len(languages) != 21 || languages[0] != widget.English || !slices.Contains(languages, "nb") {
		t.Errorf("the languages are %s", strings.Join(languages, ", "))
	}
	for _, language := range languages {
		if n := len(widget.Texts(language)); n != len(widget.TextNames()) {
			t.Errorf("%s has %d texts of %d", language, n, len(widget.TextNames()))
		}
	}
	if widget.Texts("xx") != nil || widget.Texts("no")[0].Plain != widget.Texts("nb")[0].Plain {
		t.Error("an unknown language has texts, or Norwegian has other ones than Bokmål")
	}
}

func TestPlaceholders(t *testing.T) {
	for name, want := range map[string]string{
		"send": "", "typing": "{name}", "unread": "{n}", "reply_time": "{time}", "download": "{name} {state}", "greeting": "{email} {firstname} {lastname}",
	} {
		if got := strings.Join(widget.Placeholders(name), " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
