package main

import (
	"slices"
	"strings"
	"testing"
)

const englishSource = `{"both": {"send": "Send"}, "visitor": {"typing": "{name} is typing", "left": {"one": "{n} left", "other": "{n} left"}, "greeting": "Hi {firstname}"}}`

// checked reads catalogues of which English is right.
func checked(t *testing.T, others map[string]string) string {
	t.Helper()
	c := &catalogues{texts: map[string][]text{}}
	others[english] = englishSource
	for language, source := range others {
		texts, err := parseCatalogue([]byte(source))
		if err != nil {
			return err.Error()
		}
		c.texts[language] = texts
		c.languages = append(c.languages, language)
	}
	if err := c.check(); err != nil {
		return err.Error()
	}
	return ""
}

// Whoever translates finds out at once what is amiss, and where.
func TestTranslationsAreComplete(t *testing.T) {
	const whole = `{"both": {"send": "Wyślij"}, "visitor": {"typing": "{name} pisze", "left": {"one": "{n} znak", "few": "{n} znaki", "many": "{n} znaków"}, "greeting": "Dzień dobry, {firstname}"}}`
	for name, c := range map[string]struct{ from, to, want string }{
		"complete":             {"", "", ""},
		"missing":              {`"typing": "{name} pisze", `, ``, "texts/pl.json: typing is missing"},
		"extra":                {`"send": "Wyślij"`, `"send": "Wyślij", "sned": "Wyślij"`, "texts/pl.json: unknown text sned"},
		"twice":                {`"send": "Wyślij"`, `"send": "Wyślij", "send": "Ślij"`, "duplicate send"},
		"empty":                {`"Wyślij"`, `""`, "send is empty"},
		"placeholder lost":     {"{name} pisze", "Ktoś pisze", "texts/pl.json: typing has lost {name}"},
		"placeholder mistyped": {"{name} pisze", "{name} {imie} pisze", "texts/pl.json: typing has a placeholder {imie} that nothing fills in"},
		"form missing":         {`, "few": "{n} znaki"`, ``, `texts/pl.json: left has no plural form "few", which the language needs`},
		"form too many":        {`"few"`, `"two": "{n} znaki", "few"`, `texts/pl.json: left has a plural form "two", which the language does not have`},
		"no plural":            {`{"one": "{n} znak", "few": "{n} znaki", "many": "{n} znaków"}`, `"{n} znaków"`, "texts/pl.json: left has to be of the same kind"},
		"number lost":          {`"{n} znaków"`, `"znaków"`, "texts/pl.json: left has lost {n}"},
		"number in words":      {`"{n} znak"`, `"jeden znak"`, ""},
		"name of a section":    {`"both"`, `"booth"`, `unknown section "booth"`},
	} {
		t.Run(name, func(t *testing.T) {
			source := strings.Replace(whole, c.from, c.to, 1)
			got := checked(t, map[string]string{"pl": source})
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
	if got := checked(t, map[string]string{"klingon-language": whole}); !strings.Contains(got, "named after no language") {
		t.Errorf("of a file that is named after no language it said %q", got)
	}
}

func TestPluralCategories(t *testing.T) {
	for language, want := range map[string]string{
		"en": "one other", "ja": "other", "fr": "one other", "cs": "few one other", "ru": "few many one", "ar": "few many one other two zero",
	} {
		got, err := pluralCategories(language)
		slices.Sort(got)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v; want %s", language, got, err, want)
		}
	}
}
