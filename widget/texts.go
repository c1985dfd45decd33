package widget

import (
	_ "embed"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"sync"
)

// English is the language of those whose own is not among Languages.
const English = "en"

// A Text is what visitors read in one place, in one language. It may hold
// placeholders, such as {name}.
type Text struct {
	// Plain is the text, where it does not depend on a number.
	Plain string
	// Forms are those of a plural, by the categories of CLDR: one, few, other …
	Forms map[string]string
}

// MarshalJSON writes the text as the scripts read it.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.Forms != nil {
		return json.Marshal(t.Forms)
	}
	return json.Marshal(t.Plain)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, &t.Forms)
	}
	return json.Unmarshal(b, &t.Plain)
}

//go:embed dist/texts.json
var textsJSON []byte

type catalogues struct {
	// Scripts are those that pages fetch apart from the loader, with the names of the
	// texts that each expects.
	Scripts map[string][]string `json:"scripts"`
	// Names are those of all texts.
	Names     []string          `json:"names"`
	Languages map[string][]Text `json:"languages"`
}

var texts = sync.OnceValue(func() catalogues {
	var c catalogues
	if err := json.Unmarshal(textsJSON, &c); err != nil {
		panic("widget: dist/texts.json: " + err.Error()) // which the bundler wrote
	}
	return c
})

// norwegian is what pages call Bokmål that say nothing of the other Norwegian.
const norwegian = "no"

// Code returns what the texts of a language are in: Bokmål for Norwegian.
func Code(language string) string {
	if language == norwegian {
		return "nb"
	}
	return language
}

// Languages returns the codes of all languages: English, then the others in
// alphabetical order, "no" for Norwegian beside "nb".
func Languages() []string {
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(texts().Languages)), func(code string) bool { return code == English })
	return append([]string{English}, append(others, norwegian)...)
}

// TextNames returns what the texts are called, in the order of Texts. It is
// shared by all callers and must not be changed.
func TextNames() []string { return texts().Names }

// Texts returns the texts of a language; nil where there are none.
func Texts(language string) []Text { return slices.Clone(texts().Languages[Code(language)]) }

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// Placeholders returns what a text may hold, such as {name}, each once.
func Placeholders(name string) []string {
	i := slices.Index(texts().Names, name)
	if i < 0 {
		return nil
	}
	t := texts().Languages[English][i]
	found := placeholder.FindAllString(t.Plain, -1)
	for _, form := range t.Forms {
		found = append(found, placeholder.FindAllString(form, -1)...)
	}
	if name == "greeting" { // the English one does without the others
		found = append(found, "{lastname}", "{email}")
	}
	slices.Sort(found)
	return slices.Compact(found)
}
