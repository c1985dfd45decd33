package chat

import (
	"strings"
	"unicode"
)

// CleanLine returns a name, label, title or other line of text as people are
// shown it: valid UTF-8 without space around it and without what can't be seen
// but changes how the rest is read. Such are control characters, those that turn
// the direction of writing, and other format characters. What belongs to a
// visible character stays: joiners in emoji and in scripts that need them, and
// variation selectors. Where nothing visible is left it is empty.
func CleanLine(text string) string {
	if isPlain(text) {
		return strings.TrimSpace(text)
	}
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	var b strings.Builder
	var before rune // the last one that was kept
	flag := false   // within the flag of a region, which is written with tags
	for i, r := range runes {
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		flag = r == blackFlag || flag && isTag(r)
		switch {
		case unicode.IsSpace(r), unicode.In(r, unicode.Zl, unicode.Zp):
			if !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) {
				r = ' ' // a line break, a tab
			}
		case r == zwj || r == zwnj:
			if !joins(before, next) {
				continue
			}
		case unicode.Is(unicode.Variation_Selector, r):
			if !varies(before) {
				continue
			}
		case isTag(r) && flag:
		case unobtrusive(r):
			continue
		}
		b.WriteRune(r)
		before = r
	}
	text = strings.TrimSpace(b.String())
	if strings.IndexFunc(text, visible) < 0 {
		return ""
	}
	return text
}

// isPlain reports whether a text is printable ASCII, as most are.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

const (
	zwnj      = '\u200C'
	zwj       = '\u200D'
	blackFlag = '\U0001F3F4'
)

// isTag reports whether a character is one of those that follow a black flag to
// say whose it is (Unicode Technical Standard 51, annex C).
func isTag(r rune) bool { return 0xE0020 <= r && r <= 0xE007F }

// unobtrusive tells characters that have no picture of their own. Signs that
// Unicode counts as format characters but that are seen, as those before Arabic
// numbers, are not among them.
func unobtrusive(r rune) bool {
	return !unicode.Is(unicode.Prepended_Concatenation_Mark, r) &&
		unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// visible tells a character that a reader can see from white space, the blank
// of braille and what has no picture of its own, of which alone no message and no
// name is made.
func visible(r rune) bool {
	return !unicode.IsSpace(r) && r != '\u2800' && !unobtrusive(r)
}

// unjoined are scripts whose letters no joiner changes.
var unjoined = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian,
	unicode.Hebrew, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo}

// joins reports whether a joiner between two characters changes how they are
// written: in emoji, in scripts that join their letters, and behind the sign that
// takes a letter its vowel, where a word may end with it.
func joins(before, next rune) bool {
	joined := func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.M, unicode.So, unicode.Sk) && r > unicode.MaxLatin1 && !unicode.In(r, unjoined...)
	}
	if !joined(before) {
		return false
	}
	return joined(next) || unicode.In(before, unicode.Mn, unicode.Mc) && !unicode.In(before, unicode.Variation_Selector, unicode.Inherited)
}

// varies reports whether a character may have variants.
func varies(r rune) bool {
	return visible(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}
