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

// leadingToken is token for text that comes before the document.
func (s *Scanner) leadingToken(b []byte, kind tokenKind, name tagName, i, end int) (int, Result) {
	quoted := s.quoted
	s.quoted = false
	switch kind {
	case tokenText:
		end = textEnd(b, i)
		s.quoted = isQuote(b[end-1])
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
	if quoted || s.doubt {
		return 0, s.skip(TextFirst)
	}
	s.leading = false
	return s.token(b, kind, name, i, end)
}

// isJSON reports whether a first byte is that of JSON, which may have a page
// in a string.
func isJSON(c byte) bool { return c == '{' || c == '[' || c == '"' }

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
