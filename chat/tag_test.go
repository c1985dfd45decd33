package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
)

func parsed(t testing.TB, data string) chat.ProfilePatch {
	t.Helper()
	patch, err := chat.ParseProfilePatch([]byte(data))
	if err != nil {
		t.Fatalf("%.80s: %v", data, err)
	}
	return patch
}

// manyFields is a tag with so many further fields, each "<name><n>" with a value.
func manyFields(n int, name, value string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%s%d":%s`, name, i, value)
	}
	return `{"additionalTaggingData":{` + b.String()[1:] + `}}`
}

// largestTag is about as large as a frame can be.
func largestTag() string { return manyFields(7000, "", `"é"`) }

// A patch sets and deletes as many further fields as a profile has: the first ones
// in the order in which they were written.
func TestTagIsBounded(t *testing.T) {
	p := parsed(t, largestTag()).Apply(chat.Profile{})
	if len(p.Fields) != 32 || p.Fields["0"] != "é" || p.Fields["31"] != "é" {
		t.Fatalf("of too many it keeps %q", p.Fields)
	}
	if q := parsed(t, manyFields(7000, "", "null")).Apply(p); len(q.Fields) != 0 {
		t.Errorf("not deleted: %q", q.Fields)
	}
	if q := parsed(t, `{"additionalTaggingData":{"new":"x","5":null,"1":"y"}}`).Apply(p); len(q.Fields) != 32 || q.Fields["new"] != "x" || q.Fields["1"] != "y" || q.Fields["5"] != "" {
		t.Errorf("what is deleted makes no room: %q", q.Fields)
	}
	if q := parsed(t, manyFields(7000, "other", `"x"`)).Apply(p); fmt.Sprint(q.Fields) != fmt.Sprint(p.Fields) {
		t.Errorf("a full profile has become %q", q.Fields)
	}
}

func TestTagFields(t *testing.T) {
	before := chat.Profile{Fields: map[string]string{"a": "1", "b": "2"}}
	for data, want := range map[string]string{
		`{"a":"x","a":"y"}`:              `map["a":"y" "b":"2"]`,
		`{"a":"x","a":null}`:             `map["b":"2"]`,
		`{"c":null,"\u200bc":"x"}`:       `map["a":"1" "b":"2" "c":"x"]`,
		`{"a":"","b":" \u200b ","c":""}`: `map[]`,
		`{"a":{"x":[1, 2]},"b":["\t"]}`:  `map["a":"{\"x\":[1, 2]}" "b":"[\"\\t\"]"]`,
		`{}`:                             `map["a":"1" "b":"2"]`,
		`null`:                           `map[]`,
	} {
		p := parsed(t, `{"additionalTaggingData":`+data+`}`).Apply(before)
		if got := fmt.Sprintf("%q", p.Fields); got != want {
			t.Errorf("%s: %s, want %s", data, got, want)
		}
	}
	if len(before.Fields) != 2 || before.Fields["a"] != "1" {
		t.Errorf("Apply changed what it was given: %q", before.Fields)
	}
}

// A store makes changes one after the other, so nobody's may take long.
func BenchmarkApplyLargestTag(b *testing.B) {
	patch := parsed(b, largestTag())
	var c chat.Conversation
	for b.Loop() {
		c.Unverified = chat.Profile{}
		c.Apply(chat.Change{Unverified: patch}, c.Active)
	}
}

func BenchmarkParseLargestTag(b *testing.B) {
	data := []byte(largestTag())
	for b.Loop() {
		if _, err := chat.ParseProfilePatch(data); err != nil {
			b.Fatal(err)
		}
	}
}
