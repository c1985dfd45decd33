package scan

import (
	"bytes"
	"html"
)

// A base element may name another origin, as that of a CDN, and browsers then
// look there for a script whose address is a path. So the element goes before
// it, unless that would push the charset meta past the bytes that browsers look
// for it in. Metas go on being read all the same, for the policies in them.

// baseElement is called at the base tag b[i:end]. Only the first address counts.
func (s *Scanner) baseElement(b []byte, i, end int) {
	if s.based {
		return
	}
	for at := i + len("<base"); ; {
		name, value, next, done := attr(b[:end], at)
		if done || next < 0 {
			return
		}
		if equalFold(name, "href") {
			if s.based = true; mayLeave(value) {
				if s.atBase = i; s.cand >= 0 {
					s.atBase = s.cand
				}
			}
			return
		}
		at = next
	}
}

// checkBase is called at a charset meta that ends at end. It gives up the place
// before a base element if ours would push the meta out of what browsers look
// at. A meta that is out of it already can't be pushed further.
func (s *Scanner) checkBase(end int) {
	if end += s.base; s.atBase >= 0 && end <= prescanLimit && end+s.room > prescanLimit {
		s.atBase = -1
		s.barred = true
	}
}

// mayLeave reports whether an address may have another origin than the page.
// The page's own is not asked for: proxies on the way may have changed it.
func mayLeave(href []byte) bool {
	if bytes.IndexByte(href, '&') >= 0 {
		href = []byte(html.UnescapeString(string(href)))
	}
	// What URL parsers drop and replace (URL standard, 4.4).
	href = bytes.TrimLeftFunc(href, func(r rune) bool { return r <= ' ' })
	var start []byte
	for _, c := range href {
		switch c {
		case '\t', '\n', '\r':
			continue
		case ':':
			return true // behind a scheme; with other text before it no harm
		case '\\':
			c = '/'
		}
		if c == '?' || c == '#' || c == '/' && len(start) != 0 && start[0] != '/' {
			return false
		}
		if start = append(start, c); len(start) == 2 && start[0] == '/' {
			return start[1] == '/'
		}
	}
	return false
}
