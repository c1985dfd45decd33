package inject

import (
	"bytes"
	"strings"
)

// metaInfo is what a meta element says.
type metaInfo struct {
	charset []byte // the label of the encoding, nil if none is declared
	policy  []byte // a Content-Security-Policy, nil if none
}

// readMeta reads the attributes of the meta tag b, from i on. Of attributes
// with the same name the first counts.
func readMeta(b []byte, i int) metaInfo {
	var charset, equiv, content []byte
	for {
		name, value, next, done := attr(b, i)
		if done || next < 0 {
			break
		}
		i = next
		if value == nil {
			value = []byte{}
		}
		var dst *[]byte
		switch {
		case equalFold(name, "charset"):
			dst = &charset
		case equalFold(name, "http-equiv"):
			dst = &equiv
		case equalFold(name, "content"):
			dst = &content
		default:
			continue
		}
		if *dst == nil {
			*dst = value
		}
	}
	var m metaInfo
	switch {
	case len(charset) > 0:
		m.charset = charset
	case equalFold(equiv, "content-type"):
		m.charset = contentCharset(content)
	}
	if equalFold(equiv, "content-security-policy") && content != nil {
		m.policy = content
	}
	return m
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

// notASCIICompatible reports whether an encoding label (Encoding standard,
// 4.2) names an encoding in which bytes below 0x80 are not always ASCII. A meta
// can't name UTF-16: browsers read UTF-8 then, since they could read the meta.
func notASCIICompatible(label string, meta bool) bool {
	label = strings.ToLower(strings.Trim(label, " \t\n\f\r"))
	for _, p := range []string{"iso-2022-", "csiso2022", "hz-gb-2312", "replacement"} {
		if strings.HasPrefix(label, p) {
			return true
		}
	}
	if meta {
		return false
	}
	for _, p := range []string{"utf-16", "utf16", "utf-32", "utf32", "utf-7", "utf7", "ucs-2", "ucs-4", "unicode", "csunicode", "iso-10646-ucs", "ibm037", "ebcdic", "cp037"} {
		if strings.HasPrefix(label, p) && label != "unicode-1-1-utf-8" && label != "unicode11utf8" && label != "unicode20utf8" {
			return true
		}
	}
	return false
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
