package whoami

import (
	"slices"
	"testing"
)

func TestPathsLeadIntoAnswers(t *testing.T) {
	doc, err := decode([]byte("\ufeff" + `{
		"id": 12345678901234567890, "zero": 0, "zeros": [-0, 0.0, 0e5, 10e-1], "name": "Mia", "vip": true, "none": null, "e-mail": "a", "odd.name": "b", "quo\"te": "c", "7": "seven",
		"user": {"roles": ["one", 2, {"x": 1}, null, true], "list": [{"id": 5}, {"id": 6}]}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]struct{ texts, names []string }{
		".id":               {[]string{"12345678901234567890"}, []string{"12345678901234567890"}},
		".zero":             {[]string{"0"}, []string{"0"}},
		".zeros":            {[]string{"-0", "0.0", "0e5", "10e-1"}, []string{"0", "0", "0", "10e-1"}},
		".name":             {[]string{"Mia"}, []string{"Mia"}},
		".vip":              {[]string{"true"}, nil},
		".none":             {},
		".absent":           {},
		".name.deeper":      {},
		".user":             {},
		".e-mail":           {[]string{"a"}, []string{"a"}},
		`.["odd.name"]`:     {[]string{"b"}, []string{"b"}},
		`["quo\"te"]`:       {},
		`.["quo\"te"]`:      {[]string{"c"}, []string{"c"}},
		".7":                {[]string{"seven"}, []string{"seven"}},
		".user.roles":       {[]string{"one", "2", "true"}, []string{"one", "2"}},
		".user.roles[1]":    {[]string{"2"}, []string{"2"}},
		".user.roles.0":     {[]string{"one"}, []string{"one"}},
		".user.roles[9]":    {},
		".user.list[1].id":  {[]string{"6"}, []string{"6"}},
		".user.list.[0].id": {[]string{"5"}, []string{"5"}},
		".":                 {},
	} {
		path, err := parseJSONPath(text)
		if text[0] != '.' {
			if err == nil {
				t.Errorf("%s was accepted", text)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if got := path.texts(doc); !slices.Equal(got, want.texts) {
			t.Errorf("%s: texts %q, want %q", text, got, want.texts)
		}
		if got := path.names(doc); !slices.Equal(got, want.names) {
			t.Errorf("%s: names %q, want %q", text, got, want.names)
		}
	}
	if whole, err := decode([]byte("7")); err != nil || !slices.Equal(jsonPath{}.names(whole), []string{"7"}) {
		t.Errorf("a whole document: %v, %v", whole, err)
	}
}

// Elements of an array are one label each; a text is a list with commas.
func TestLabelsOfAnAnswer(t *testing.T) {
	p := &Config{Path: "/me", ID: ".id", Labels: ".groups"}
	if err := p.Provision(); err != nil {
		t.Fatal(err)
	}
	for answer, want := range map[string][]string{
		`{"id": 7, "groups": ["Sales, North", "CN=a,OU=b"]}`: {"Sales, North", "CN=a,OU=b"},
		`{"id": 7, "groups": "Sales, North"}`:                {"Sales", "North"},
	} {
		doc, err := decode([]byte(answer))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.profile(doc, nil).Labels; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
}
