package scan

import (
	"bytes"
	"strings"
)

// metaInfo is what a meta element says.
type metaInfo struct {
	charset []byte // the label of the encoding, nil if none is declared
	policy  []byte // a Content-Security-Policy, nil if none
}

// metaAttrs holds the attributes of a meta tag that matter, nil if absent.
type metaAttrs struct {
	charset, equiv, content []byte
}

// note takes one attribute. Of those with the same name the first counts.
func (m *metaAttrs) note(name, value []byte) {
	var dst *[]byte
	switch len(name) {
	case len("charset"):
		if name[1]|0x20 == 'h' && equalFold(name, "charset") {
			dst = &m.charset
		} else if name[1]|0x20 == 'o' && equalFold(name, "content") {
			dst = &m.content
		}
	case len("http-equiv"):
		if equalFold(name, "http-equiv") {
			dst = &m.equiv
		}
	}
	if dst == nil || *dst != nil {
		return
	}
	if *dst = value; value == nil {
		*dst = []byte{}
	}
}

// info says what the attributes mean together.
func (m *metaAttrs) info() (info metaInfo) {
	switch {
	case len(m.charset) > 0:
		info.charset = m.charset
	case equalFold(m.equiv, "content-type"):
		info.charset = contentCharset(m.content)
	}
	if equalFold(m.equiv, "content-security-policy") {
		info.policy = m.content
	}
	return info
}

// contentCharset extracts the encoding from a meta's content attribute (HTML
// standard, 2.5.4), or returns nil.
func contentCharset(s []byte) []byte {
	for {
		i := indexFold(s, "charset")
		if i < 0 {
			return nil
		}
		s = bytes.TrimLeft(s[i+len("charset"):], " \t\n\f\r")
		if len(s) == 0 || s[0] != '=' {
			continue
		}
		s = bytes.TrimLeft(s[1:], " \t\n\f\r")
		if len(s) == 0 {
			return nil
		}
		if q := s[0]; q == '"' || q == '\'' {
			n := bytes.IndexByte(s[1:], q)
			if n < 0 {
				return nil
			}
			return s[1 : 1+n]
		}
		if n := bytes.IndexAny(s, " \t\n\f\r;"); n >= 0 {
			return s[:n]
		}
		return s
	}
}

// isAMP reports whether an html tag is that of an AMP document.
func isAMP(b []byte, i int) bool {
	for {
		name, _, next, done := attr(b, i)
		if done || next < 0 {
			return false
		}
		i = next
		if len(name) < 3 || len(name) > 16 || name[0]|0x20 != 'a' && name[0] != "\u26a1"[0] {
			continue
		}
		n := strings.TrimPrefix(strings.ToLower(string(name)), "amp")
		if len(n) == len(name) {
			n = strings.TrimPrefix(string(name), "\u26a1")
			n = strings.TrimPrefix(n, "\ufe0f")
		}
		if len(n) < len(name) && (n == "" || n == "4ads" || n == "4email") {
			return true
		}
	}
}

func equalFold(b []byte, s string) bool {
	return len(b) == len(s) && strings.EqualFold(string(b), s)
}

func indexFold(s []byte, word string) int {
	for i := 0; i+len(word) <= len(s); i++ {
		if equalFold(s[i:i+len(word)], word) {
			return i
		}
	}
	return -1
}
