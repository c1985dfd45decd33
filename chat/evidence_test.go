package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
)

func TestWhatIsEvidenceOfSomeone(t *testing.T) {
	long := strings.Repeat("x", chat.MaxEvidence)
	for name, c := range map[string]struct {
		values, nobody []string
		want           string
	}{
		"an id":                    {[]string{"7"}, nil, "7"},
		"trimmed":                  {[]string{" 7\t"}, nil, "7"},
		"repeated alike":           {[]string{"7", "7"}, nil, "7"},
		"repeated with a change":   {[]string{"7", "8"}, nil, ""},
		"absent":                   {nil, nil, ""},
		"empty":                    {[]string{""}, nil, ""},
		"only space":               {[]string{"  "}, nil, ""},
		"zero":                     {[]string{"0"}, nil, ""},
		"null":                     {[]string{"NULL"}, nil, ""},
		"guest":                    {[]string{"Guest"}, nil, ""},
		"the operator's nobody":    {[]string{"guest-user"}, []string{"Guest-User"}, ""},
		"as long as may be":        {[]string{long}, nil, long},
		"too long":                 {[]string{long + "x"}, nil, ""},
		"Latin-1 is read as such":  {[]string{"J\xfcrgen"}, nil, "Jürgen"},
		"UTF-8 is read as such":    {[]string{"Jürgen"}, nil, "Jürgen"},
		"nobody within a word":     {[]string{"guesthouse"}, nil, "guesthouse"},
		"zero is not all that has": {[]string{"00"}, nil, "00"},
	} {
		if got := chat.CleanIdentifier(c.values, c.nobody); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := chat.CleanEmail([]string{" Mia@Example.COM "}, nil); got != "mia@example.com" {
		t.Errorf("e-mail: %q", got)
	}
}

func TestDescriptionsAreCutNotDropped(t *testing.T) {
	long := strings.Repeat("é", chat.MaxEvidence)
	if got := chat.DescribeField([]string{long}); len(got) != chat.MaxEvidence || !strings.HasPrefix(long, got) {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if got := chat.SplitLabels([]string{"vip, trade,,vip", " new "}); !slices.Equal(got, []string{"vip", "trade", "new"}) {
		t.Errorf("labels: %q", got)
	}
	if got := chat.CleanLabels([]string{" Sales, North", "vip", "", "vip"}); !slices.Equal(got, []string{"Sales, North", "vip"}) {
		t.Errorf("labels of a list: %q", got)
	}
	if got := chat.SplitLabels([]string{strings.Repeat("a,b,c,d,e,", 1) + manyLabels(100)}); len(got) != 32 {
		t.Errorf("%d labels", len(got))
	}
}

func manyLabels(n int) string {
	var list []string
	for i := range n {
		list = append(list, strings.Repeat("l", i+1))
	}
	return strings.Join(list, ",")
}

// A field whose name can't be seen would be a row without one.
func TestFieldsHaveNames(t *testing.T) {
	patch, err := chat.ParseProfilePatch([]byte(`{"additionalTaggingData":{"\u200b":"x","":"x"," \u2800":{},"\u200bshop":"7"}}`))
	if err != nil {
		t.Fatal(err)
	}
	p := patch.Apply(chat.Profile{})
	p.SetField("\u200b", []string{"x"})
	p.SetField("plan", []string{"pro"})
	if got := fmt.Sprintf("%q", p.Fields); got != `map["plan":"pro" "shop":"7"]` {
		t.Error(got)
	}
}

func TestMessagesAreCleanedOrRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		err        error
	}{
		"plain":               {"hello", "hello", nil},
		"space around":        {" \n hello \n", "hello", nil},
		"lines stay":          {"a\r\nb\n\tc", "a\nb\n\tc", nil},
		"control characters":  {"a\x00b\x1bc", "abc", nil},
		"emoji with joiners":  {"👩‍👧", "👩‍👧", nil},
		"empty":               {"", "", chat.ErrEmpty},
		"only space":          {" \n\t ", "", chat.ErrEmpty},
		"only invisible":      {"\u200b\u2060\u3164\u2800", "", chat.ErrEmpty},
		"not UTF-8":           {"a\xff", "", chat.ErrBadFrame},
		"as long as may be":   {strings.Repeat("é", chat.MaxText), strings.Repeat("é", chat.MaxText), nil},
		"one character more":  {strings.Repeat("é", chat.MaxText+1), "", chat.ErrTooLong},
		"long only by spaces": {strings.Repeat(" ", 9000) + "x", "x", nil},
	} {
		got, err := chat.CleanText(c.text)
		if got != c.want || err != c.err {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestTagSetsDeletesAndRefuses(t *testing.T) {
	patch := func(text string) chat.ProfilePatch {
		t.Helper()
		p, err := chat.ParseProfilePatch([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return p
	}
	p := patch(`{"email":"a@example.com","firstname":"Ann","labels":["x, x","y"],"assignedUser":"anna@example.com",
		"additionalTaggingData":{"plan":"plus","seats":5,"trial":false,"deep":{"a":1}}}`).Apply(chat.Profile{})
	if p.Email != "a@example.com" || p.Agent != "anna@example.com" || !slices.Equal(p.Labels, []string{"x, x", "y"}) ||
		p.Fields["seats"] != "5" || p.Fields["trial"] != "false" || p.Fields["deep"] != `{"a":1}` {
		t.Fatalf("%+v", p)
	}
	before := p.Fields["plan"]
	q := patch(`{"firstname":null,"labels":"one, two","additionalTaggingData":{"plan":null}}`).Apply(p)
	if q.Firstname != "" || q.Email != p.Email || !slices.Equal(q.Labels, []string{"one", "two"}) || q.Fields["plan"] != "" {
		t.Fatalf("%+v", q)
	}
	if p.Fields["plan"] != before {
		t.Fatal("Apply changed what it was given")
	}
	for _, text := range []string{``, `null`, `[]`, `"x"`, `{"shoe":1}`, `{"email":{}}`, `{"labels":{}}`, `{"additionalTaggingData":1}`, `{"externalToken":"x"}`} {
		if _, err := chat.ParseProfilePatch([]byte(text)); chat.Reason(err) != chat.ErrBadFrame {
			t.Errorf("%s: %v", text, err)
		}
	}
}
