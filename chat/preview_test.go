package chat

import (
	"strings"
	"testing"
)

// What is cut off is on one line, and whole characters.
func TestCutText(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{" \n\t ", ""},
		{"  one\n two\t three ", "one two…"},
		{"one two", "one two"},
		{"one two3", "one two…"},
		{"one  twö", "one tw…"},
		{"ääääää", "äää…"},
		{"one two ", "one two"},
		{strings.Repeat("w", 4000), "wwwwwww…"},
		{"ab\xff\xfe\xfd cd ef", "ab\xff\xfe\xfd c…"},
		{"\x80\x80\x80\x80\x80\x80\x80\x80\x80", "…"},
	} {
		if got := cutText(test.text, 7); got != test.want {
			t.Errorf("%q is cut to %q and not %q", test.text, got, test.want)
		}
	}
}
