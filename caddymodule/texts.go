package caddymodule

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/widget"
)

// Texts are a site's own words in the place of the widget's: by language, or "*"
// for all of them, and by the name of the text, such as
// {"de": {"open_chat": "Fragen?"}}. A text for a language goes before one for all.
// Placeholders such as {name} mean what they mean in the widget's own text, and
// may be left out; a text that depends on a number takes the place of all its
// forms.
type Texts map[string]map[string]string

// allLanguages stands in Texts for each language.
const allLanguages = "*"

// maxText is the length of the longest text, in characters.
const maxText = 300

var textPlaceholder = regexp.MustCompile(`\{\w+\}`)

func (ts Texts) check() error {
	for _, language := range slices.Sorted(maps.Keys(ts)) {
		for _, name := range slices.Sorted(maps.Keys(ts[language])) {
			if err := checkText(language, name, ts[language][name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkText(language, name, text string) error {
	if languages := widget.Languages(); language != allLanguages && !slices.Contains(languages, language) {
		return fmt.Errorf("text: unknown language %q (want one of: %s)", language, strings.Join(languages, ", "))
	}
	if names := widget.TextNames(); !slices.Contains(names, name) {
		return fmt.Errorf("text: unknown name %q (want one of: %s)", name, strings.Join(slices.Sorted(slices.Values(names)), ", "))
	}
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("text %s is empty: people who can't see the chat would not know what is meant", name)
	}
	if utf8.RuneCountInString(text) > maxText {
		return fmt.Errorf("text %s is longer than %d characters", name, maxText)
	}
	known := widget.Placeholders(name)
	for _, found := range textPlaceholder.FindAllString(text, -1) {
		if slices.Contains(known, found) {
			continue
		}
		if len(known) == 0 {
			return fmt.Errorf("text %s: unknown placeholder %s (this text has none)", name, found)
		}
		return fmt.Errorf("text %s: unknown placeholder %s (want one of: %s)", name, found, strings.Join(known, ", "))
	}
	return nil
}

// in returns the widget's texts in a language, with the site's own in their places.
func (ts Texts) in(language string) []widget.Text {
	texts := widget.Texts(language)
	for i, name := range widget.TextNames() {
		text, ok := ts[language][name]
		if !ok {
			text, ok = ts[widget.Code(language)][name]
		}
		if !ok {
			text, ok = ts[allLanguages][name]
		}
		if !ok {
			continue
		}
		if text = config.Resolve(text); strings.TrimSpace(text) == "" {
			continue // a placeholder of nothing is not to leave a button without a name
		}
		if texts[i].Forms != nil {
			texts[i] = widget.Text{Forms: map[string]string{"other": text}}
		} else {
			texts[i] = widget.Text{Plain: text}
		}
	}
	return texts
}

// of returns the named texts in a language.
func (ts Texts) of(names []string, language string) []widget.Text {
	all := ts.in(language)
	texts := make([]widget.Text, len(names))
	for i, name := range names {
		texts[i] = all[slices.Index(widget.TextNames(), name)]
	}
	return texts
}

// lines returns one text in all languages, each on a line behind its language,
// English first.
func (ts Texts) lines(name string) string {
	i := slices.Index(widget.TextNames(), name)
	var lines []string
	for _, language := range widget.Languages() {
		text := strings.Join(strings.Fields(ts.in(language)[i].Plain), " ")
		lines = append(lines, language+" "+text)
	}
	return strings.Join(lines, "\n")
}

// with returns the texts with others for all languages, where there is none yet.
func (ts Texts) with(others map[string]string) Texts {
	all := maps.Clone(ts)
	if all == nil {
		all = Texts{}
	}
	general := map[string]string{}
	for name, text := range others {
		if text != "" {
			general[name] = text
		}
	}
	maps.Copy(general, all[allLanguages])
	all[allLanguages] = general
	return all
}
