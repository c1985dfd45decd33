// Package scan finds, while an HTML document streams, the place for a script
// element near the start of its head, and the reasons against one that only
// the document knows.
package scan

import "bytes"

// Bounds of the search for the place, in bytes from the start of the body.
// They count the document, not what is held, so that the result does not
// depend on how the body is cut into writes.
const (
	// Limit is how far the place is searched for, in bytes. 98 % of real pages
	// have theirs in the first kilobyte.
	Limit = 64 << 10
	// prescanLimit is where browsers stop to look for a charset meta
	// (HTML standard, 13.2.3.2).
	prescanLimit = 1024
	// framesetLimit is how far past the place a frameset is looked for in
	// documents that lack HTML5's doctype.
	framesetLimit = 4 << 10
)

// Result is the outcome of a scan.
type Result uint8

const (
	// More means that the place is not known yet.
	More Result = iota
	// Found means that it is at [Scanner.Place].
	Found
	// Skipped means that there is none, because of [Scanner.Obstacle].
	Skipped
)

// Obstacle is why a document gets no element.
type Obstacle uint8

const (
	_ Obstacle = iota
	// NotASCIICompatible is an encoding in which ASCII bytes mean something else.
	NotASCIICompatible
	// NoLT is a document that begins with text, and has neither doctype nor
	// html, head or body element after it, or none that was looked for: it is
	// data, whatever its type says.
	NoLT
	// TextFirst is text, and a document after it, where an element may change
	// what the page looks like, or where the document may be a string in data.
	TextFirst
	// XML is a document with an XML declaration and no html element.
	XML
	// AMP is an AMP document, which allows no scripts of its own.
	AMP
	// Frameset is a page of frames, which has no body.
	Frameset
	// Policy is a policy in a meta element under which the script can't run.
	Policy
	// TooFar means that there is no place in the first [Limit] bytes.
	TooFar
	// Fragment is content without a document around it.
	Fragment
	// Unfinished is a document that ends inside its doctype.
	Unfinished
	// ForeignBase is a base element that may lead to another origin, where the
	// charset meta allows no place before it.
	ForeignBase
)

// What is looked for past a place that was found.
const (
	lookCharset uint8 = 1 << iota
	lookFrameset
)

// Scanner finds the place. It reads the HTML standard's tokens (13.2.5) of the
// prolog and the head, one at a time; of a token that is not complete yet it
// keeps only where it begins, so it can stop and go on at any byte. The tree
// construction's rules (13.2.6.4.1 to 6) say which token ends the head.
type Scanner struct {
	base   int // the offset in the document of the buffer's first byte
	at     int // where the next token begins in the buffer; at the end, the place
	cand   int // the place if nothing speaks against it, -1 if there is none yet
	atBase int // the place before a base element of another origin, -1 if there is none or it is ruled out
	room   int // what an element takes at most, in bytes
	frame  int // where the look for a frameset ends, an offset in the document
	looked int // how much of the buffer the last scan has seen

	look    uint8
	started bool // past the byte order mark and leading space
	strict  bool // only what has a document around it is a page
	framed  bool // a doctype or a tag of html, head or body was seen
	texts   bool // text may come before the document
	leading bool // in text before the document
	doubt   bool // of that text: what stands in it rules out a place after it
	quoted  bool // of that text: its last byte opens a string
	based   bool // a base element has settled what addresses are relative to
	barred  bool // that base element is of another origin, and a charset meta behind it rules out the place before it
	element bool // a tag was seen
	html5   bool // <!doctype html>
	xml     bool // an XML declaration comes first
	charset bool // the encoding is known; no meta needs to be looked for
	hidden  bool // the present element has a charset meta in it
	depth   int  // of open template elements

	pairs    pairs     // in the text before the document
	attrs    metaAttrs // of the present token, if that is a meta
	judge    PolicyJudge
	obstacle Obstacle
}

// PolicyJudge judges the policies that a document has in meta elements.
type PolicyJudge interface {
	// MetaPolicy takes note of a policy, and reports whether the script can
	// run under it. content is the attribute's value as it stands in the
	// document, and is not kept.
	MetaPolicy(content []byte) bool
}

// Reset begins a document. charset says that its encoding is known, so that no
// meta needs to be looked for; room is what the element takes at most, in
// bytes. j may be nil.
func (s *Scanner) Reset(charset bool, room int, j PolicyJudge) {
	*s = Scanner{} // with fields set it would be made elsewhere and copied
	s.cand, s.atBase, s.charset, s.room, s.judge = -1, -1, charset, room, j
}

// Place returns, after [Found], the place: an index into the buffer.
func (s *Scanner) Place() int { return s.at }

// Obstacle returns, after [Skipped], why there is no place.
func (s *Scanner) Obstacle() Obstacle { return s.obstacle }

// Offset returns the offset in the document of the buffer's first byte.
func (s *Scanner) Offset() int { return s.base }

// Looked returns how many bytes of the buffer the last scan has seen.
func (s *Scanner) Looked() int { return s.looked }

// Due reports whether a scan of n bytes is worth it. Each reads the token that
// was not complete from its start, and a long one that comes in small pieces
// would be read a thousand times.
func (s *Scanner) Due(n int) bool {
	return n-s.looked >= (s.looked-s.at)/4 || s.base+n > Limit
}

// DocumentsOnly says, after Reset, that content is no page unless a doctype or
// a tag of html, head or body comes before it.
func (s *Scanner) DocumentsOnly() { s.strict = true }

// TextMayLead says, after Reset, that text may come before the document. What
// begins with text is else data, and its first bytes settle it.
func (s *Scanner) TextMayLead() { s.texts = true }

// Safe returns how many bytes of the buffer may be sent before the place is known.
func (s *Scanner) Safe() int {
	if s.atBase >= 0 {
		return s.atBase
	}
	if s.cand >= 0 {
		return s.cand
	}
	return s.at
}

// Advance says that the buffer's first n bytes were sent.
func (s *Scanner) Advance(n int) {
	s.base += n
	s.at -= n
	s.looked -= n
	if s.cand >= 0 {
		s.cand -= n
	}
	if s.atBase >= 0 {
		s.atBase -= n
	}
}

// Scan reads on in b, the bytes not sent yet, which the next call must repeat
// with more behind them. final says that none follow.
func (s *Scanner) Scan(b []byte, final bool) Result {
	s.looked = len(b)
	full := s.base+len(b) > Limit
	if full {
		b = b[:max(Limit-s.base, 0)]
	}
	if !s.started {
		if v := s.start(b, final || full); v != Found {
			return v
		}
	}
	for {
		i := pastSpace(b, s.at)
		if i > s.at {
			s.quoted = false
			s.pairs.space()
		}
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
		var next int
		var v Result
		if s.leading {
			next, v = s.leadingToken(b, kind, name, i, end)
		} else {
			next, v = s.token(b, kind, name, i, end)
		}
		if v != More {
			return v
		}
		if next < 0 {
			return s.pause(b, final, full)
		}
		s.at = next
	}
}

// start skips a byte order mark and white space, and looks at the first byte.
func (s *Scanner) start(b []byte, end bool) Result {
	if len(b) < 3 && !end {
		return More
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
		return More
	case i == len(b):
		return s.skip(NoLT)
	case b[i] != '<':
		if !s.texts || isJSON(b[i]) {
			return s.skip(NoLT)
		}
		s.leading = true
	case i+1 < len(b) && b[i+1] == 0:
		// UTF-16 without a byte order mark.
		return s.skip(NotASCIICompatible)
	}
	s.xml = bytes.HasPrefix(b[i:], []byte("<?xml"))
	if !s.xml && !end && len(b)-i < len("<?xml") && bytes.HasPrefix([]byte("<?xml"), b[i:]) {
		return More
	}
	s.at = i
	s.started = true
	return Found
}

// narrow gives up looking for what a token that ends at end comes too late for.
func (s *Scanner) narrow(end int) {
	if s.base+end > prescanLimit && !s.hidden {
		s.look &^= lookCharset
	}
	if s.base+end > s.frame {
		s.look &^= lookFrameset
	}
}

// pause is called where the next token is not complete in b.
func (s *Scanner) pause(b []byte, final, full bool) Result {
	if s.cand >= 0 {
		// A token that ends after b ends at len(b)+1 or later.
		if s.narrow(len(b) + 1); s.look == 0 || final || full {
			return s.place(s.cand)
		}
		return More
	}
	if s.leading && (full || final) {
		return s.skip(NoLT)
	}
	if full && s.atBase < 0 {
		return s.skip(TooFar)
	}
	if !final && !full {
		return More
	}
	if !s.element && s.at < len(b) && isDoctype(b[s.at:]) {
		return s.skip(Unfinished)
	}
	return s.place(s.at)
}

func (s *Scanner) place(i int) Result {
	switch {
	case s.strict && !s.framed:
		return s.skip(Fragment)
	case s.atBase >= 0:
		i = s.atBase
	case s.barred:
		return s.skip(ForeignBase)
	}
	s.at = i
	return Found
}

func (s *Scanner) skip(o Obstacle) Result {
	s.obstacle = o
	return Skipped
}

// body is called at a token that does not belong to the head.
func (s *Scanner) body(i int) Result {
	if s.cand >= 0 {
		i = s.cand
	}
	return s.place(i)
}

// candidate is called at a token before which the element may go.
func (s *Scanner) candidate(i int) Result {
	if s.cand >= 0 {
		return More
	}
	if s.strict && !s.framed {
		return s.skip(Fragment)
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
	return More
}
