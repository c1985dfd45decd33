package scan

// Browsers that were told no encoding look for a charset meta in the first
// 1024 bytes before they parse them (HTML standard, 13.2.3.2). The standard's
// prescan knows comments and tags but no elements, so it also finds one in a
// script's text; browsers find those in noscript and template at least.

// raw is rawEnd for an element of the head, and notes a charset meta in its text.
func (s *Scanner) raw(b []byte, i int, name tagName) (int, Result) {
	end := rawEnd(b, i, name)
	if s.look&lookCharset == 0 {
		return end, More
	}
	stop := end
	if end < 0 {
		stop = len(b)
	}
	if stop = min(stop, prescanLimit-s.base); stop > i {
		if v := s.hiddenCharset(b[i:stop]); v != More {
			return 0, v
		}
	}
	if end >= 0 && s.depth == 0 {
		s.passHidden(end)
	}
	return end, More
}

// hiddenCharset looks for a charset meta in raw text.
func (s *Scanner) hiddenCharset(text []byte) Result {
	for i := 0; ; {
		if i = after(text, i, '<'); i < 0 {
			return More
		}
		if !isWord(text, i, "meta") {
			continue
		}
		var m metaAttrs
		_, end := tag(text, i, &m)
		if end < 0 {
			return More
		}
		if v := s.hide(m.info().charset); v != More {
			return v
		}
		i = end
	}
}

// hide notes the charset meta of an element that must come before ours.
func (s *Scanner) hide(label []byte) Result {
	switch {
	case label == nil:
	case notASCIICompatible(string(label)):
		return s.skip(NotASCIICompatible)
	case isEncoding(label):
		s.hidden = true
	}
	return More
}

// passHidden is called after an element, which ends at end: a charset meta in it moves the place
// behind it. The look for one goes on, since not all browsers find those.
func (s *Scanner) passHidden(end int) {
	if s.hidden {
		s.checkBase(min(end, prescanLimit-s.base))
		s.hidden = false
		s.cand = -1
		s.look = 0
	}
}
