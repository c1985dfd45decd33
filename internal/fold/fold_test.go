package fold_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/parley-chat/parley/internal/fold"
)

// The cases are the console's too, which marks what the server finds.
func TestAppend(t *testing.T) {
	file, err := os.ReadFile("../../widget/console/fold.cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases struct{ Texts [][2]string }
	if err := json.Unmarshal(file, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases.Texts {
		if got := string(fold.Append(nil, c[0])); got != c[1] {
			t.Errorf("%q is compared as %q, want %q", c[0], got, c[1])
		}
	}
	if got := string(fold.Append(nil, "a\xffb")); got != "a\uFFFDb" {
		t.Errorf("what is no UTF-8 is compared as %q", got)
	}
}

func TestIndex(t *testing.T) {
	for _, c := range []struct {
		text, word string
		want       int
	}{
		{"Herr Müller kommt", "muller", 5},
		{"üü zu groß!", "gross", 8},
		{"üü Mu\u0308ller", "ller", 9},
		{"my\n order  777", "order 777", 4},
		{"nothing", "x", -1},
		{"", "x", -1},
	} {
		if got := fold.Index(c.text, c.word); got != c.want {
			t.Errorf("%q is in %q at %d, want %d", c.word, c.text, got, c.want)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, text := range map[string]string{"english": "My order 4711 is late, where is it?", "deutsch": "Schöne Grüße aus München, größer geht’s nicht"} {
		b.Run(name, func(b *testing.B) {
			var to []byte
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				to = fold.Append(to[:0], text)
			}
		})
	}
}
