package scan

import "bytes"

type tagName uint8

// The elements that the scanner tells apart.
const (
	tagOther tagName = iota
	tagHTML
	tagHead
	tagBody
	tagBr
	tagBase
	tagMeta
	tagTitle
	tagLink
	tagScript
	tagStyle
	tagNoscript
	tagNoframes
	tagTemplate
	tagFrameset
	tagTextarea
	tagIframe
	tagXMP
	tagNoembed
	tagPlaintext
	tagForeign // svg or math
)

var rawNames = [...]string{
	tagTitle:    "title",
	tagScript:   "script",
	tagStyle:    "style",
	tagNoscript: "noscript",
	tagNoframes: "noframes",
	tagTextarea: "textarea",
	tagIframe:   "iframe",
	tagXMP:      "xmp",
	tagNoembed:  "noembed",
}

// lookup names an element, whatever the case of its letters.
func lookup(name []byte) tagName {
	var low [9]byte
	if len(name) > len(low) {
		return tagOther
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		low[i] = c
	}
	switch string(low[:len(name)]) {
	case "html":
		return tagHTML
	case "head":
		return tagHead
	case "body":
		return tagBody
	case "br":
		return tagBr
	case "base":
		return tagBase
	case "meta":
		return tagMeta
	case "title":
		return tagTitle
	case "link", "basefont", "bgsound":
		return tagLink
	case "script":
		return tagScript
	case "style":
		return tagStyle
	case "noscript":
		return tagNoscript
	case "noframes":
		return tagNoframes
	case "template":
		return tagTemplate
	case "frameset":
		return tagFrameset
	case "textarea":
		return tagTextarea
	case "iframe":
		return tagIframe
	case "xmp":
		return tagXMP
	case "noembed":
		return tagNoembed
	case "plaintext":
		return tagPlaintext
	case "svg", "math":
		return tagForeign
	}
	return tagOther
}

// rawEnd returns the index after the end tag of an element whose raw text
// begins at b[i], or -1 if it is not in b (13.2.5.2 to 4 and 9 to 31).
func rawEnd(b []byte, i int, name tagName) int {
	if name == tagScript {
		return scriptEnd(b, i)
	}
	word := rawNames[name]
	for {
		if i = after(b, i, '<'); i < 0 {
			return -1
		}
		if i < len(b) && b[i] == '/' && isWord(b, i+1, word) {
			_, end := tag(b, i+1, nil)
			return end
		}
	}
}

// isWord reports whether b[i:] begins with word and something that ends a name.
func isWord(b []byte, i int, word string) bool {
	n := i + len(word)
	return n < len(b) && class[b[n]]&chEnds != 0 && bytes.EqualFold(b[i:n], []byte(word))
}

// scriptEnd does so for a script, whose text may hide "</script>" behind
// "<!--" and a "<script" within (13.2.5.15 to 31).
func scriptEnd(b []byte, i int) int {
	const (
		plain = iota
		escaped
		doubleEscaped
	)
	state := plain
	closed := 0 // where "-->" ends the escape
	for {
		if i = after(b, i, '<'); i < 0 {
			return -1
		}
		if state != plain && closed < i {
			state = plain
		}
		switch {
		case i < len(b) && b[i] == '/' && isWord(b, i+1, "script"):
			if state != doubleEscaped {
				_, end := tag(b, i+1, nil)
				return end
			}
			state = escaped
			i += len("/script")
		case state == plain && bytes.HasPrefix(b[i:], []byte("!--")):
			// The dashes count for the "-->" that may follow at once.
			i++
			state, closed = escaped, len(b)
			if n := bytes.Index(b[i:], []byte("-->")); n >= 0 {
				closed = i + n + len("-->")
			}
		case state == escaped && isWord(b, i, "script"):
			state = doubleEscaped
			i += len("script")
		}
	}
}
