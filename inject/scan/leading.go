package scan

import (
	"bytes"
	"strings"
)

// Text before a document is what scripts print by mistake: a notice, the value
// of a variable, a second byte order mark. It puts the page into quirks mode
// and begins its body, and the parser builds the rest of the page there: it
// ignores the doctype and the tags of html, head and body, and runs the scripts
// of what was the head (HTML standard, 13.2.6.4.7). So the place is looked for
// behind the text as in any head. It is not before the text, since that may
// be sent long before anyone knows whether a document follows.
//
// Text may also be data with a page in a string of it, whatever type it is sent
// as. So it is looked through only for requests that want a document, and where
// a quote or a bracket is open in it, the page behind is left alone.

// leadingToken is token for text that comes before the document.
func (s *Scanner) leadingToken(b []byte, kind tokenKind, name tagName, i, end int) (int, Result) {
	quoted := s.quoted
	s.quoted = false
	switch kind {
	case tokenText:
		end = textEnd(b, i)
		s.quoted = isQuote(b[end-1])
		s.pairs.read(b[i:end])
	case tokenDoctype:
		return s.document(b, kind, name, i, end, quoted)
	case tokenStartTag:
		switch name {
		case tagHTML, tagHead, tagBody:
			return s.document(b, kind, name, i, end, quoted)
		case tagScript, tagStyle, tagNoscript:
			return rawEnd(b, end, name), More
		case tagOther, tagBr:
			s.doubt = s.doubt || !isPlain(b[i+1:end])
		default:
			// Raw text, or content with other rules.
			return 0, s.skip(NoLT)
		}
	}
	return end, More
}

// document is called at the token that begins the document behind the text.
func (s *Scanner) document(b []byte, kind tokenKind, name tagName, i, end int, quoted bool) (int, Result) {
	if quoted || s.doubt || s.pairs.open() {
		return 0, s.skip(TextFirst)
	}
	s.leading = false
	return s.token(b, kind, name, i, end)
}

// isJSON reports whether a first byte is that of JSON, which may have a page
// in a string.
func isJSON(c byte) bool { return c == '{' || c == '[' || c == '"' }

// pairs follows the quotes and brackets in text. It only counts them: what it
// takes for open where nothing is costs a page its element, and no more.
type pairs struct {
	double, back, single bool // a quote of that kind is open
	round, square, curly int  // how many brackets are

	last    byte // the last byte that is not white space
	escaped bool // a backslash comes right before
}

func (p *pairs) read(text []byte) {
	for _, c := range text {
		switch {
		case isSpace(c):
			p.space()
			continue
		case p.escaped:
			p.escaped = false
		default:
			p.count(c)
		}
		p.last = c
	}
}

// space is called at white space. How much of it there is does not matter.
func (p *pairs) space() { p.escaped = false }

func (p *pairs) count(c byte) {
	switch c {
	case '\\':
		p.escaped = true
	case '"':
		p.double = !p.double
	case '`':
		p.back = !p.back
	case '\'':
		// Elsewhere it is more likely an apostrophe.
		p.single = !p.single && (p.last == 0 || strings.IndexByte("([{,:=", p.last) >= 0)
	case '(':
		p.round++
	case '[':
		p.square++
	case '{':
		p.curly++
	case ')':
		p.round = max(p.round-1, 0)
	case ']':
		p.square = max(p.square-1, 0)
	case '}':
		p.curly = max(p.curly-1, 0)
	}
}

func (p *pairs) open() bool {
	return p.double || p.back || p.single || p.round+p.square+p.curly > 0
}

func isQuote(c byte) bool { return strings.IndexByte("\"'`\\", c) >= 0 }

// isPlain reports whether a tag is of an element that a script element may
// stand in, or behind, without a change of the tree around it.
func isPlain(tag []byte) bool {
	n := bytes.IndexFunc(tag, func(r rune) bool { return r < 0x80 && class[r]&chEnds != 0 })
	if n < 0 || n > len("strong") {
		return false
	}
	switch strings.ToLower(string(tag[:n])) {
	case "b", "br", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "p", "pre", "small", "span", "strong", "tt", "u":
		return true
	}
	return false
}
