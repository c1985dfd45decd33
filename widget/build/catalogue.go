package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// english is the language that the others are translated from.
const english = "en"

// sections are the parts of a catalogue, and the modules that its texts are
// imported from: what visitors and agents read alike, what only visitors do, and
// what only one of the scripts that are fetched later says.
var sections = []string{"both", "visitor", "files", "menu", "rating", "forms", "rules", "emoji", "copy"}

// A text is one of a catalogue's: plain, or by the forms of a language's plural.
type text struct {
	section, name string
	plain         string
	forms         map[string]string
}

// all returns the text in each of its forms.
func (t text) all() []string {
	if t.forms == nil {
		return []string{t.plain}
	}
	var all []string
	for _, form := range t.forms {
		all = append(all, form)
	}
	return all
}

func (t text) MarshalJSON() ([]byte, error) {
	if t.forms != nil {
		return marshal(t.forms)
	}
	return marshal(t.plain)
}

// marshal writes JSON that may stand in a script, with <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// names of the visitor stand in the greeting until that is shown: they are no
// parameters of the text.
var visitorNames = []string{"firstname", "lastname", "email"}

// placeholders returns what a text leaves open, each once, in order.
func (t text) placeholders() []string {
	var found []string
	for _, form := range t.all() {
		for _, m := range placeholder.FindAllStringSubmatch(form, -1) {
			if !slices.Contains(found, m[1]) {
				found = append(found, m[1])
			}
		}
	}
	return found
}

// parameters returns what the code has to fill in.
func (t text) parameters() []string {
	return slices.DeleteFunc(t.placeholders(), func(name string) bool { return slices.Contains(visitorNames, name) })
}

// catalogues are the texts of all languages.
type catalogues struct {
	languages []string // English first
	texts     map[string][]text
}

// readCatalogues reads texts/LANGUAGE.json and checks each against the English.
func readCatalogues(root string) (*catalogues, error) {
	files, err := filepath.Glob(filepath.Join(root, "texts", "*.json"))
	if err != nil {
		return nil, fmt.Errorf("looking for languages: %w", err)
	}
	c := &catalogues{texts: map[string][]text{}}
	for _, file := range files {
		language := strings.TrimSuffix(filepath.Base(file), ".json")
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading texts: %w", err)
		}
		if c.texts[language], err = parseCatalogue(source); err != nil {
			return nil, fmt.Errorf("reading texts/%s.json: %w", language, err)
		}
		names, err := readEmojiNames(root, language)
		if err != nil {
			return nil, err
		}
		c.texts[language] = append(c.texts[language], names)
		c.languages = append(c.languages, language)
	}
	slices.SortFunc(c.languages, func(a, b string) int {
		switch english {
		case a:
			return -1
		case b:
			return 1
		}
		return strings.Compare(a, b)
	})
	return c, c.check()
}

// parseCatalogue reads the texts in the order in which they stand.
func parseCatalogue(source []byte) (texts []text, err error) {
	d := json.NewDecoder(bytes.NewReader(source))
	err = object(d, func(section string) error {
		if !slices.Contains(sections, section) {
			return fmt.Errorf("unknown section %q (want one of: %s)", section, strings.Join(sections, ", "))
		}
		return object(d, func(name string) error {
			if slices.ContainsFunc(texts, func(t text) bool { return t.name == name }) {
				return fmt.Errorf("duplicate %s", name)
			}
			t := text{section: section, name: name}
			var value json.RawMessage
			if err := d.Decode(&value); err != nil {
				return err
			}
			if json.Unmarshal(value, &t.plain) != nil && json.Unmarshal(value, &t.forms) != nil {
				return fmt.Errorf("%s is neither a text nor the forms of a plural", name)
			}
			if slices.Contains(t.all(), "") {
				return fmt.Errorf("%s is empty", name)
			}
			texts = append(texts, t)
			return nil
		})
	})
	return texts, err
}

// object calls each with the names of a JSON object; each reads the value.
func object(d *json.Decoder, each func(name string) error) error {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(err, fmt.Errorf("want an object, not %v", open))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := each(name.(string)); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// check compares the other languages with the English: the same texts, with the
// same placeholders, in all forms that a language has.
func (c *catalogues) check() error {
	var wrong []error
	want := c.texts[english]
	for _, language := range c.languages {
		at := func(format string, args ...any) {
			wrong = append(wrong, fmt.Errorf("texts/"+language+".json: "+format, args...))
		}
		categories, err := pluralCategories(language)
		if err != nil {
			return err
		}
		texts := c.texts[language]
		for _, t := range texts {
			if _, ok := find(want, t.name); !ok {
				at("unknown text %s: %s.json has none of that name", t.name, english)
			}
		}
		for _, e := range want {
			t, ok := find(texts, e.name)
			switch {
			case !ok:
				at("%s is missing", e.name)
			case (t.forms == nil) != (e.forms == nil):
				at("%s has to be of the same kind as in %s.json, a text or forms of a plural", e.name, english)
			default:
				checkText(e, t, categories, at)
			}
		}
	}
	return errors.Join(wrong...)
}

// find looks for a text by its name.
func find(all []text, name string) (text, bool) {
	for _, t := range all {
		if t.name == name {
			return t, true
		}
	}
	return text{}, false
}

func checkText(e, t text, categories []string, at func(string, ...any)) {
	want := e.placeholders()
	for category, form := range t.formsOrOne() {
		got := text{plain: form}.placeholders()
		for _, name := range want {
			// "One file" may say its number in words, and so may "two files".
			inWords := name == "n" && slices.Contains([]string{"zero", "one", "two"}, category)
			if !slices.Contains(got, name) && !inWords {
				at("%s has lost {%s}", t.name, name)
			}
		}
		for _, name := range got {
			if !slices.Contains(want, name) {
				at("%s has a placeholder {%s} that nothing fills in", t.name, name)
			}
		}
	}
	if t.forms == nil {
		return
	}
	for _, category := range categories {
		if t.forms[category] == "" {
			at("%s has no plural form %q, which the language needs", t.name, category)
		}
	}
	for category := range t.forms {
		if !slices.Contains(categories, category) {
			at("%s has a plural form %q, which the language does not have", t.name, category)
		}
	}
}

func (t text) formsOrOne() map[string]string {
	if t.forms != nil {
		return t.forms
	}
	return map[string]string{"": t.plain}
}
