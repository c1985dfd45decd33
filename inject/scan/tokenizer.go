package scan

import "bytes"

type tokenKind uint8

const (
	tokenPartial tokenKind = iota // not complete in the buffer
	tokenText
	tokenStartTag
	tokenEndTag
	tokenComment // also what the standard makes a comment of, or nothing at all
	tokenDoctype
)

// token reads the token that begins at b[i] (HTML standard, 13.2.5.1 and 6 to
// 65). Text is not measured. Of a meta tag the attributes are noted in m.
func token(b []byte, i int, m *metaAttrs) (kind tokenKind, name tagName, end int) {
	if i >= len(b) {
		return tokenPartial, 0, 0
	}
	if b[i] != '<' {
		return tokenText, 0, i
	}
	if i+1 >= len(b) {
		return tokenPartial, 0, 0
	}
	switch c := b[i+1]; {
	case isAlpha(c):
		name, end = tag(b, i+1, m)
		kind = tokenStartTag
	case c == '/':
		if i+2 >= len(b) {
			return tokenPartial, 0, 0
		}
		if isAlpha(b[i+2]) {
			name, end = tag(b, i+2, nil)
			kind = tokenEndTag
		} else {
			end = after(b, i+2, '>')
			kind = tokenComment
		}
	case c == '!':
		kind, end = markup(b, i)
	case c == '?':
		end = after(b, i+2, '>')
		kind = tokenComment
	default:
		return tokenText, 0, i
	}
	if end < 0 {
		return tokenPartial, 0, 0
	}
	return kind, name, end
}

// markup reads "<!…": a comment, a doctype or a bogus comment. CDATA sections
// are bogus comments outside foreign content, which is never entered here.
func markup(b []byte, i int) (tokenKind, int) {
	rest := b[i+2:]
	switch {
	case len(rest) == 0:
		return tokenPartial, -1
	case rest[0] == '-':
		if len(rest) == 1 {
			return tokenPartial, -1
		}
		if rest[1] == '-' {
			return tokenComment, commentEnd(b, i+4)
		}
	case rest[0]|0x20 == 'd':
		const word = "doctype"
		n := min(len(rest), len(word))
		if bytes.EqualFold(rest[:n], []byte(word)[:n]) {
			if n < len(word) {
				return tokenPartial, -1
			}
			// ">" ends a doctype also inside its quoted identifiers.
			return tokenDoctype, after(b, i+2+n, '>')
		}
	}
	return tokenComment, after(b, i+2, '>')
}

// isDoctype reports whether b begins a doctype.
func isDoctype(b []byte) bool {
	const word = "<!doctype"
	return len(b) >= len(word) && bytes.EqualFold(b[:len(word)], []byte(word))
}

// commentEnd returns the index after the comment whose text begins at b[i], or
// -1. A comment ends at the first ">" with "--" or "--!" before it, or where
// it is "<!-->" or "<!--->".
func commentEnd(b []byte, i int) int {
	for j := i; ; {
		j = after(b, j, '>')
		if j < 0 {
			return -1
		}
		text := b[i : j-1]
		n := len(text)
		switch {
		case n == 0, n == 1 && text[0] == '-':
			return j
		case n >= 2 && text[n-1] == '-' && text[n-2] == '-':
			return j
		case n >= 3 && text[n-1] == '!' && text[n-2] == '-' && text[n-3] == '-':
			return j
		}
	}
}

// tag reads a tag whose name begins at b[i]. end is -1 if it is not complete.
func tag(b []byte, i int, m *metaAttrs) (name tagName, end int) {
	start := i
	for i < len(b) && class[b[i]]&chEnds == 0 {
		i++
	}
	if name = lookup(b[start:i]); name != tagMeta {
		m = nil
	}
	if m != nil {
		*m = metaAttrs{}
	}
	if i < len(b) && b[i] == '>' {
		return name, i + 1
	}
	for {
		key, value, next, done := attr(b, i)
		if done || next < 0 {
			return name, next
		}
		if m != nil {
			m.note(key, value)
		}
		i = next
	}
}

// attr reads the next attribute of a tag from b[i:] (13.2.5.32 to 40). done
// says that the tag's ">" came instead, and next is then the index after it;
// next is -1 if b ends first.
func attr(b []byte, i int) (name, value []byte, next int, done bool) {
	for i < len(b) && class[b[i]]&(chSpace|chSlash) != 0 {
		i++
	}
	if i >= len(b) {
		return nil, nil, -1, false
	}
	if b[i] == '>' {
		return nil, nil, i + 1, true
	}
	start := i
	i++ // a "=" that comes first belongs to the name
	for i < len(b) && class[b[i]]&(chEnds|chEquals) == 0 {
		i++
	}
	name = b[start:i]
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i >= len(b) {
		return nil, nil, -1, false
	}
	if b[i] != '=' {
		return name, nil, i, false
	}
	i++
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i >= len(b) {
		return nil, nil, -1, false
	}
	switch q := b[i]; q {
	case '"', '\'':
		end := after(b, i+1, q)
		if end < 0 {
			return nil, nil, -1, false
		}
		return name, b[i+1 : end-1], end, false
	case '>':
		return name, nil, i, false
	}
	start = i
	for i < len(b) && class[b[i]]&(chSpace|chClose) == 0 {
		i++
	}
	if i >= len(b) {
		return nil, nil, -1, false
	}
	return name, b[start:i], i, false
}

// pastSpace returns the index of the first byte from b[i] on that is no white space.
func pastSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// textEnd returns where the text that begins at b[i] ends.
func textEnd(b []byte, i int) int {
	if n := bytes.IndexByte(b[i+1:], '<'); n >= 0 {
		return i + 1 + n
	}
	return len(b)
}

// after returns the index after the first c in b[i:], or -1.
func after(b []byte, i int, c byte) int {
	if i > len(b) {
		return -1
	}
	n := bytes.IndexByte(b[i:], c)
	if n < 0 {
		return -1
	}
	return i + n + 1
}

// Classes of bytes in tags.
const (
	chSpace uint8 = 1 << iota
	chSlash
	chClose
	chEquals
	chEnds = chSpace | chSlash | chClose // what ends a name
)

var class = [256]uint8{
	' ': chSpace, '\n': chSpace, '\t': chSpace, '\r': chSpace, '\f': chSpace,
	'/': chSlash, '>': chClose, '=': chEquals,
}

func isSpace(c byte) bool { return class[c]&chSpace != 0 }

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
