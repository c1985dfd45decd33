// Package fold makes texts comparable as people compare them who search:
// without regard to case, accents, ligatures, widths, and the shapes of quotes,
// apostrophes and dashes. So "muller" is in "Müller", "gross" in "groß" and
// "don't" in "Don’t". The console marks what was found by the same rule
// (widget/console/fold.ts).
package fold

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Append appends a text as it is compared, in UTF-8: decomposed (NFKD) and in
// lower case, without accents and invisible characters, each white space one
// blank.
func Append(to []byte, text string) []byte {
	to = slices.Grow(to, len(text))
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		i += n
		switch {
		case 'a' <= r && r <= 'z':
			to = append(to, byte(r))
		case r < common:
			if s := folded[r]; s != " " {
				to = append(to, s...)
			} else {
				to = appendBlank(to)
			}
		default:
			to = appendRune(to, r)
		}
	}
	return to
}

// folded is what Append makes of the characters of western languages, most of
// all that is searched.
var folded = func() (all [common]string) {
	for r := range all {
		all[r] = string(appendRune(nil, rune(r)))
	}
	return all
}()

const common = 0x250

// Index returns where in a text a folded word stands first; -1 where it does not.
func Index(text, word string) int {
	var (
		all     []byte
		offsets []int // of each folded byte, where its character begins
	)
	for i, r := range text {
		all = Append(all, string(r))
		for len(offsets) < len(all) {
			offsets = append(offsets, i)
		}
	}
	if at := bytes.Index(all, []byte(word)); at >= 0 && at < len(offsets) {
		return offsets[at]
	}
	return -1
}

func appendBlank(to []byte) []byte {
	if n := len(to); n > 0 && to[n-1] == ' ' {
		return to
	}
	return append(to, ' ')
}

func appendRune(to []byte, r rune) []byte {
	if shape := shapes[r]; shape != "" {
		return append(to, shape...)
	}
	var own [utf8.UTFMax]byte
	whole := own[:utf8.EncodeRune(own[:], r)]
	parts := norm.NFKD.Properties(whole).Decomposition()
	if parts == nil {
		if hangul := r - hangulBase; 0 <= hangul && hangul < hangulCount {
			parts = norm.NFKD.Bytes(whole) // by rule, and not in its table
		} else {
			return appendPart(to, r)
		}
	}
	for len(parts) > 0 {
		r, n := utf8.DecodeRune(parts)
		to, parts = appendPart(to, r), parts[n:]
	}
	return to
}

const hangulBase, hangulCount = 0xAC00, 11172

// appendPart appends a character that can't be decomposed further.
func appendPart(to []byte, r rune) []byte {
	switch {
	case unicode.Is(unicode.Cf, r) || unicode.Is(accents, r):
		return to
	case unicode.IsSpace(r):
		return appendBlank(to)
	}
	r = unicode.ToLower(r)
	if letters := plain[r]; letters != "" {
		return append(to, letters...)
	}
	return utf8.AppendRune(to, r)
}

// accents are the marks that people leave out when they search: not those
// without which a text in its script is another (Devanagari, Thai, kana).
var accents = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0300, Hi: 0x036F, Stride: 1}, // Latin, Greek, Cyrillic
	{Lo: 0x0591, Hi: 0x05C7, Stride: 1}, // Hebrew
	{Lo: 0x064B, Hi: 0x065F, Stride: 1}, // Arabic
	{Lo: 0x0670, Hi: 0x0670, Stride: 1},
	{Lo: 0x1AB0, Hi: 0x1AFF, Stride: 1},
	{Lo: 0x1DC0, Hi: 0x1DFF, Stride: 1},
	{Lo: 0x20D0, Hi: 0x20FF, Stride: 1},
	{Lo: 0xFE00, Hi: 0xFE0F, Stride: 1}, // which glyph to take
	{Lo: 0xFE20, Hi: 0xFE2F, Stride: 1},
}}

// plain are letters that Unicode does not decompose, and keyboards lack.
var plain = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th",
	'ł': "l", 'ħ': "h", 'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ς': "σ",
}

// shapes are quotes and dashes in all that programs make of them.
var shapes = func() map[rune]string {
	m := map[rune]string{}
	for shape, all := range map[string]string{"'": "‘’‚‛ʼʻʹˈ′´＇`", `"`: "“”„‟«»″＂", "-": "‐‑‒–—―−⁃－"} {
		for _, r := range all {
			m[r] = shape
		}
	}
	return m
}()
