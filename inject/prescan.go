package inject

import (
	"bytes"
	"strings"
)

// Browsers that were told no encoding look for a charset meta in the first
// 1024 bytes before they parse them (HTML standard, 13.2.3.2). The standard's
// prescan knows comments and tags but no elements, so it also finds one in a
// script's text; browsers find those in noscript and template at least.

// raw is rawEnd for an element of the head, and notes a charset meta in its text.
func (s *scanner) raw(b []byte, i int, name tagName) (int, verdict) {
	end := rawEnd(b, i, name)
	if s.look&lookCharset == 0 {
		return end, more
	}
	stop := end
	if end < 0 {
		stop = len(b)
	}
	if stop = min(stop, prescanLimit-s.base); stop > i {
		if v := s.hiddenCharset(b[i:stop]); v != more {
			return 0, v
		}
	}
	if end >= 0 && s.depth == 0 {
		s.passHidden()
	}
	return end, more
}

// hiddenCharset looks for a charset meta in raw text.
func (s *scanner) hiddenCharset(text []byte) verdict {
	for i := 0; ; {
		if i = after(text, i, '<'); i < 0 {
			return more
		}
		if !isWord(text, i, "meta") {
			continue
		}
		var m metaAttrs
		_, end := tag(text, i, &m)
		if end < 0 {
			return more
		}
		if v := s.hide(m.info().charset); v != more {
			return v
		}
		i = end
	}
}

// hide notes the charset meta of an element that must come before ours.
func (s *scanner) hide(label []byte) verdict {
	switch {
	case label == nil:
	case notASCIICompatible(string(label), true):
		return s.skip(NotASCIICompatible)
	case isEncoding(label):
		s.hidden = true
	}
	return more
}

// passHidden is called after an element: a charset meta in it moves the place
// behind it. The look for one goes on, since not all browsers find those.
func (s *scanner) passHidden() {
	if s.hidden {
		s.hidden = false
		s.cand = -1
		s.look = 0
	}
}

// encodings are what the labels of encodings that are compatible with ASCII
// begin with (Encoding standard, 4.2), and UTF-16, which means UTF-8 in a meta.
var encodings = [...]string{
	"utf-8", "utf8", "unicode", "x-unicode", "utf-16", "iso-8859", "iso8859", "iso_8859", "iso88", "windows-", "cp", "x-cp", "latin",
	"ascii", "us-ascii", "ansi_x3.4", "ibm", "dos-874", "tis-620", "koi", "cskoi8", "csiso", "iso-ir-", "arabic", "cyrillic", "greek", "hebrew", "visual", "logical",
	"ecma-", "elot_", "asmo-", "sun_eu_greek", "macintosh", "mac", "csmacintosh", "x-mac-", "shift", "sjis", "x-sjis", "csshiftjis", "ms_kanji", "ms932", "windows-31j",
	"euc-", "x-euc-jp", "cseuc", "ks_c_5601", "ksc", "korean", "gb", "x-gbk", "chinese", "csgb", "big5", "cn-big5", "csbig5", "x-x-big5", "x-user-defined",
}

// isEncoding reports whether browsers know a label. Where it is wrong, the
// place is a little later than it could be, or the look for another meta ends
// a little early.
func isEncoding(label []byte) bool {
	if equalFold(label, "utf-8") {
		return true
	}
	name := strings.ToLower(string(bytes.Trim(label, " \t\n\f\r")))
	if strings.ContainsAny(name, "<>\"'= ") {
		return false
	}
	for _, p := range encodings {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
