package inject

import "bytes"

// Bounds of the search for the place, in bytes from the start of the body.
// They count the document, not what is held, so that the result does not
// depend on how the body is cut into writes.
const (
	// scanLimit is how far the place is searched for. 98 % of real pages
	// have theirs in the first kilobyte.
	scanLimit = 64 << 10
	// prescanLimit is where browsers stop to look for a charset meta
	// (HTML standard, 13.2.3.2).
	prescanLimit = 1024
	// framesetLimit is how far past the place a frameset is looked for in
	// documents that lack HTML5's doctype.
	framesetLimit = 4 << 10
)

type verdict uint8

const (
	more    verdict = iota // the place is not known yet
	found                  // it is at scanner.at
	skipped                // no insertion, because of scanner.reason
)

// What is looked for past a place that was found.
const (
	lookCharset uint8 = 1 << iota
	lookFrameset
)

// scanner finds the place. It reads the HTML standard's tokens (13.2.5) of the
// prolog and the head, one at a time; of a token that is not complete yet it
// keeps only where it begins, so it can stop and go on at any byte. The tree
// construction's rules (13.2.6.4.1 to 6) say which token ends the head.
type scanner struct {
	base  int // the offset in the document of the buffer's first byte
	at    int // where the next token begins in the buffer; at the end, the place
	cand  int // the place if nothing speaks against it, -1 if there is none yet
	frame int // where the look for a frameset ends, an offset in the document

	look    uint8
	started bool // past the byte order mark and leading space
	element bool // a tag was seen
	html5   bool // <!doctype html>
	xml     bool // an XML declaration comes first
	charset bool // the encoding is known; no meta needs to be looked for
	hidden  bool // the present element has a charset meta in it
	depth   int  // of open template elements

	attrs  metaAttrs // of the present token, if that is a meta
	judge  policyJudge
	reason Reason
}

// policyJudge takes note of a policy that the page has in a meta element, and
// reports whether the script can run under it.
type policyJudge interface {
	metaPolicy(content []byte) bool
}

func (s *scanner) reset(j policyJudge) { *s = scanner{cand: -1, judge: j} }

// safe returns how many bytes of the buffer may be sent before the place is known.
func (s *scanner) safe() int {
	if s.cand >= 0 {
		return s.cand
	}
	return s.at
}

// advance says that the buffer's first n bytes were sent.
func (s *scanner) advance(n int) {
	s.base += n
	s.at -= n
	if s.cand >= 0 {
		s.cand -= n
	}
}

// scan reads on in b, the bytes not sent yet. final says that none follow.
func (s *scanner) scan(b []byte, final bool) verdict {
	full := s.base+len(b) > scanLimit
	if full {
		b = b[:max(scanLimit-s.base, 0)]
	}
	if !s.started {
		if v := s.start(b, final || full); v != found {
			return v
		}
	}
	for {
		i := pastSpace(b, s.at)
		s.at = i
		kind, name, end := token(b, i, &s.attrs)
		if kind == tokenPartial {
			return s.pause(b, final, full)
		}
		if s.cand >= 0 {
			if s.narrow(end); s.look == 0 {
				return s.place(s.cand)
			}
		}
		next, v := s.token(b, kind, name, i, end)
		if v != more {
			return v
		}
		if next < 0 {
			return s.pause(b, final, full)
		}
		s.at = next
	}
}

// start skips a byte order mark and white space, and looks at the first byte.
func (s *scanner) start(b []byte, end bool) verdict {
	if len(b) < 3 && !end {
		return more
	}
	i := 0
	switch {
	case len(b) >= 2 && (b[0] == 0xFE && b[1] == 0xFF || b[0] == 0xFF && b[1] == 0xFE):
		return s.skip(NotASCIICompatible)
	case len(b) >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF:
		i = 3
		s.charset = true
	}
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	switch {
	case i == len(b) && !end, i+1 == len(b) && b[i] == '<' && !end:
		return more
	case i == len(b), b[i] != '<':
		return s.skip(NoLT)
	case i+1 < len(b) && b[i+1] == 0:
		// UTF-16 without a byte order mark.
		return s.skip(NotASCIICompatible)
	}
	s.xml = bytes.HasPrefix(b[i:], []byte("<?xml"))
	if !s.xml && !end && len(b)-i < len("<?xml") && bytes.HasPrefix([]byte("<?xml"), b[i:]) {
		return more
	}
	s.at = i
	s.started = true
	return found
}

// narrow gives up looking for what a token that ends at end comes too late for.
func (s *scanner) narrow(end int) {
	if s.base+end > prescanLimit && !s.hidden {
		s.look &^= lookCharset
	}
	if s.base+end > s.frame {
		s.look &^= lookFrameset
	}
}

// pause is called where the next token is not complete in b.
func (s *scanner) pause(b []byte, final, full bool) verdict {
	if s.cand >= 0 {
		// A token that ends after b ends at len(b)+1 or later.
		if s.narrow(len(b) + 1); s.look == 0 || final || full {
			return s.place(s.cand)
		}
		return more
	}
	if full {
		return s.skip(TooFar)
	}
	if !final {
		return more
	}
	if !s.element && s.at < len(b) && isDoctype(b[s.at:]) {
		return s.skip(Unfinished)
	}
	return s.place(s.at)
}

func (s *scanner) place(i int) verdict {
	s.at = i
	return found
}

func (s *scanner) skip(r Reason) verdict {
	s.reason = r
	return skipped
}

// body is called at a token that does not belong to the head.
func (s *scanner) body(i int) verdict {
	if s.cand >= 0 {
		i = s.cand
	}
	return s.place(i)
}

// candidate is called at a token before which the element may go.
func (s *scanner) candidate(i int) verdict {
	if s.cand >= 0 {
		return more
	}
	s.cand = i
	if !s.charset && s.base+i < prescanLimit {
		s.look |= lookCharset
	}
	if !s.html5 {
		s.look |= lookFrameset
		s.frame = s.base + i + framesetLimit
	}
	if s.look == 0 {
		return s.place(i)
	}
	return more
}
