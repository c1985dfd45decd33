package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/chat"
)

func TestLinesShowWhatTheySay(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"plain":                      {" Anna Berg ", "Anna Berg"},
		"letters of all kinds":       {"Jürgen Ωmega Дима 山田 홍길동 עדי", "Jürgen Ωmega Дима 山田 홍길동 עדי"},
		"another direction":          {"Anna\u202Egpj.exe", "Annagpj.exe"},
		"isolates and marks":         {"\u2066a\u2069\u200Eb\u200Fc\u061Cd\u202A\u202C", "abcd"},
		"zero width":                 {"A\u200Bn\u2060n\uFEFFa\u00AD", "Anna"},
		"only zero width":            {"\u200B", ""},
		"only joiners":               {"\u200D\u200C\u200D", ""},
		"only fillers":               {"\u3164\u115F\u1160\uFFA0\u2800", ""},
		"only selectors":             {"\uFE0F\U000E0100", ""},
		"only space":                 {"\u00A0\u3000\u2003", ""},
		"only tags":                  {"\U000E0041\U000E0042", ""},
		"hidden tags":                {"Anna\U000E0068\U000E0069", "Anna"},
		"lines":                      {"Anna\nBerg\u2028x\ty", "Anna Berg x y"},
		"controls":                   {"An\x00n\x1b[2Ja\u0085b", "Ann[2Ja b"},
		"joiners in Latin":           {"An\u200Dna\u200C", "Anna"},
		"joiners in Han":             {"山\u200D田", "山田"},
		"a family":                   {"👩‍👩‍👧", "👩‍👩‍👧"},
		"a coloured flag":            {"🏳️‍🌈", "🏳️‍🌈"},
		"a skin":                     {"👩🏽‍🚀", "👩🏽‍🚀"},
		"a region's flag":            {"🏴󠁧󠁢󠁳󠁣󠁴󠁿 x", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 x"},
		"a key":                      {"1️⃣ ❤️", "1️⃣ ❤️"},
		"a selector behind a letter": {"A\uFE0F", "A"},
		"a variant in Han":           {"葛\U000E0100", "葛\U000E0100"},
		"Persian":                    {"می\u200Cخواهم", "می\u200Cخواهم"},
		"Sinhala":                    {"ශ්\u200Dරී", "ශ්\u200Dරී"},
		"Malayalam at an end":        {"അവന്\u200D", "അവന്\u200D"},
		"two joiners":                {"می\u200C\u200Cخ", "می\u200Cخ"},
		"a joiner before a space":    {"ab \u200D👩", "ab 👩"},
		"a sign before a number":     {"\u0601١٢", "\u0601١٢"},
		"not UTF-8":                  {"a\xffb", "a\uFFFDb"},
	} {
		if got := chat.CleanLine(tt.text); got != tt.want {
			t.Errorf("%s: %+q, want %+q", name, got, tt.want)
		}
		if got := chat.CleanLine(tt.want); got != tt.want {
			t.Errorf("%s: cleaned twice: %+q", name, got)
		}
	}
}

func TestNamesAreNeverBlank(t *testing.T) {
	const blank = "\u200B"
	for want, p := range map[string]chat.Profile{
		"Anna Berg":        {Firstname: "Anna" + blank, Lastname: "\u202EBerg", Email: "a@example.com", ID: "7"},
		"anna@example.com": {Firstname: blank, Lastname: blank, Email: "anna@example.com", ID: "7"},
		"7":                {Firstname: blank, ID: "7" + blank},
		"":                 {Firstname: blank, Email: blank},
	} {
		if got := p.Name(); got != want {
			t.Errorf("%+q, want %q", got, want)
		}
	}
	if a := (chat.AgentInfo{Email: "anna@example.com", Name: blank}); a.DisplayName() != "anna" {
		t.Errorf("an agent: %q", a.DisplayName())
	}
	for name, got := range map[string]string{
		"a field":     chat.DescribeField([]string{"Anna\u202Egpj"}),
		"an id":       chat.CleanIdentifier([]string{blank}, nil),
		"an address":  chat.CleanEmail([]string{"\u3164"}, nil),
		"a label":     chat.SplitLabels([]string{blank + ",vi\u200Bp"})[0],
		"a file":      chat.CleanFileName("\u202Egnp.exe"),
		"an emoji":    chat.CleanFileName("👩‍👧.jpg"),
		"two people":  chat.CleanIdentifier([]string{"7" + blank}, nil),
		"half a name": chat.CleanFileName(blank + "/" + blank),
	} {
		want := map[string]string{"a field": "Annagpj", "a label": "vip", "a file": "gnp.exe", "an emoji": "👩‍👧.jpg",
			"two people": "7" + blank, "half a name": "file"}[name]
		if got != want {
			t.Errorf("%s: %+q, want %+q", name, got, want)
		}
	}
}
