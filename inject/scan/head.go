package scan

import "bytes"

// token judges the complete token b[i:end], a tag called name. It returns where the next one
// begins, or -1 if that is not in b yet.
func (s *Scanner) token(b []byte, kind tokenKind, name tagName, i, end int) (int, Result) {
	switch kind {
	case tokenComment:
		return end, More
	case tokenDoctype:
		s.framed = true
		if !s.element && s.cand < 0 {
			d := bytes.Trim(b[i+len("<!doctype"):end-1], " \t\n\f\r")
			s.html5 = equalFold(d, "html")
			if !s.html5 && indexFold(d, "frameset") >= 0 {
				return 0, s.skip(Frameset)
			}
		}
		return end, More
	case tokenText:
		if s.depth > 0 {
			return textEnd(b, i), More
		}
		return 0, s.body(i)
	case tokenEndTag:
		return s.endTag(name, i, end)
	}
	if s.xml && !s.element && name != tagHTML {
		return 0, s.skip(XML)
	}
	s.element = true
	if s.depth > 0 {
		return s.inTemplate(b, name, end)
	}
	return s.startTag(b, name, i, end)
}

func (s *Scanner) startTag(b []byte, name tagName, i, end int) (int, Result) {
	switch name {
	case tagHTML:
		s.framed = true
		if isAMP(b[:end], i+len("<html")) {
			return 0, s.skip(AMP)
		}
		return end, More
	case tagHead:
		s.framed = true
		return end, More
	case tagBody:
		s.framed = true
	case tagBase:
		s.baseElement(b, i, end)
		return end, More
	case tagMeta:
		return end, s.meta(end)
	case tagTitle:
		return s.raw(b, end, name)
	case tagLink:
		return end, s.candidate(i)
	case tagScript, tagStyle, tagNoscript, tagNoframes:
		if v := s.candidate(i); v != More {
			return 0, v
		}
		return s.raw(b, end, name)
	case tagTemplate:
		v := s.candidate(i)
		s.depth = 1
		return end, v
	case tagFrameset:
		return 0, s.skip(Frameset)
	}
	return 0, s.body(i)
}

// inTemplate skips what a template element of the head contains.
func (s *Scanner) inTemplate(b []byte, name tagName, end int) (int, Result) {
	switch name {
	case tagTitle, tagScript, tagStyle, tagNoscript, tagNoframes, tagTextarea, tagIframe, tagXMP, tagNoembed:
		return s.raw(b, end, name)
	case tagMeta:
		if s.look&lookCharset != 0 {
			return end, s.hide(s.attrs.info().charset)
		}
	case tagTemplate:
		s.depth++
	case tagForeign, tagPlaintext:
		// Other rules hold from here on; nothing is worth following them.
		return 0, s.place(s.cand)
	}
	return end, More
}

func (s *Scanner) endTag(name tagName, i, end int) (int, Result) {
	switch {
	case s.depth > 0:
		if name == tagTemplate {
			if s.depth--; s.depth == 0 {
				s.passHidden(end)
			}
		}
	case name == tagHead:
		if s.cand >= 0 {
			return end, More
		}
		v := s.candidate(i)
		if v == More || s.html5 {
			// A frameset may follow at once, whatever the doctype.
			s.look |= lookFrameset
			s.frame = s.base + i + framesetLimit
			return end, More
		}
		return 0, v
	case name == tagBody, name == tagHTML, name == tagBr:
		return 0, s.body(i)
	}
	return end, More
}

// meta looks at a meta element, whose tag ends at end, for the encoding and for
// a policy.
func (s *Scanner) meta(end int) Result {
	m := s.attrs.info()
	if m.policy != nil && s.cand < 0 && s.judge != nil && !s.judge.MetaPolicy(m.policy) {
		return s.skip(Policy)
	}
	if m.charset == nil || s.charset {
		return More
	}
	if notASCIICompatible(string(m.charset)) {
		return s.skip(NotASCIICompatible)
	}
	s.checkBase(end)
	s.charset = isEncoding(m.charset) // browsers go on behind any other label
	if s.look&lookCharset != 0 {
		// The element must not push it out of the bytes that browsers look
		// at, so the place is after it.
		s.cand = -1
		s.look = 0
	}
	return More
}
