package deflate

import (
	"bytes"
	"encoding/binary"

	"github.com/parley-chat/parley/internal/panics"
)

// Most of a gzip stream passes without being read, so that its trailer has to be
// told by what it looks like. A wrong guess would garble the page from there on,
// and whoever has a text in it could aim for that. So nothing is changed in the
// middle of what passes unless the stream was read up to there: its beginning is
// kept for that, and read only where something looks like a member's end.

// maxKept is how many compressed bytes are kept. Of a longer stream, what looks
// like a member's end behind them is left as it is, and so is then the end of the
// stream, of which nobody knows to what member it belongs: the text is right, the
// checksum may be that of the stream as it came. And so it is where a bug of ours
// panics here or on the way to the checksum, which is no reason to break a page.
const maxKept = 64 << 10

// keepBytes keeps p, the stream's next bytes, if all before them is kept.
func (s *Splicer) keepBytes(p []byte) {
	switch {
	case s.cur.format != Gzip || s.phase == over || s.lost:
	case len(s.kept)+len(p) > maxKept:
		s.lost = true
	default:
		s.kept = append(s.kept, p...)
	}
}

// endsAt reports whether the member with the tag ends at byte n of the stream,
// where its trailer begins. It is not known where too little was kept.
func (s *Splicer) endsAt(n int) (yes, known bool) {
	if s.lost {
		return false, false
	}
	c := &s.base // which is of no use any more
	if !s.reread {
		s.reread = true
		*c = cursor{format: Gzip}
	}
	for {
		if c.state == atTrailer && c.out >= s.cur.out { // not that of an empty member before
			return (c.pos+7)>>3 == n, true
		}
		if c.readOn(s.kept) != nil || c.state == atEnd {
			return false, true
		}
	}
}

// Lengths in a trailer.
const (
	// maxRatio is how many bytes one of deflate decodes to at most.
	maxRatio = 1032
	// likelyRatio is more than pages do.
	likelyRatio = 32
)

// plausible reports whether a trailer of gzip says a length that can be, if one
// byte decodes to so many.
func (s *Splicer) plausible(b []byte, ratio int) bool {
	size := int64(binary.LittleEndian.Uint32(b[4:]))
	return size >= int64(s.cur.out-s.cur.start) && size <= int64(ratio)*int64(s.came)
}

// memberLen is how long the header of a member is at least.
const memberLen = 10

// tailLen is how much is held back of what passes: a trailer, and what is looked
// at of the member that may follow it.
const tailLen = 8 + memberLen - 1

// memberMagic is what a member of gzip begins with.
var memberMagic = []byte{0x1f, 0x8b, 8}

// isMember reports whether b begins like a member, as far as it goes. Of random
// bytes one in 2^36 does.
func isMember(b []byte) bool {
	n := min(len(b), len(memberMagic))
	return bytes.Equal(b[:n], memberMagic[:n]) &&
		(len(b) < 4 || b[3] < flagReserved) &&
		(len(b) < 9 || b[8] == 0 || b[8] == 2 || b[8] == 4) && // compressed as usual, well or fast
		(len(b) < 10 || b[9] <= 13 || b[9] == 255) // the file systems there are
}

// nextMember returns where in b, which passes as it is and ends where the input
// does, the next member begins. Without one it returns -1.
func (s *Splicer) nextMember(b []byte) (at int) {
	defer panics.Handle(func(*panics.Panic) { at, s.unsure = -1, true })
	if s.cur.format != Gzip {
		return -1
	}
	for ; ; at++ {
		k := bytes.Index(b[at:], memberMagic)
		if at += k; k < 0 || at+memberLen > len(b) {
			return -1
		}
		if at < 8 || !isMember(b[at:at+memberLen]) || !s.plausible(b[at-8:at], maxRatio) {
			continue
		}
		yes, known := s.endsAt(s.came - len(b) + at - 8)
		if yes {
			return at
		}
		s.unsure = s.unsure || !known
	}
}

// syncMark is what a stream ends with that was flushed: an empty stored block.
var syncMark = []byte{0, 0, 0xff, 0xff}

// Flush returns what was held back and need not be, where what came was flushed.
// Follows a Pass. What ends as flushed streams do is sent whole: a trailer with
// such an end would be that of 4 GB. Of what does not, the last eight bytes wait,
// or before the stream passes the last token.
func (s *Splicer) Flush() []byte {
	s.begin()
	switch {
	case s.phase == rewriting && s.cur.state == inBlock:
		s.flushBlock()
		return s.ready()
	case s.phase == rewriting:
		s.writeTagAlone()
		return s.ready()
	case s.phase != passing:
		return nil
	}
	n := len(s.buf)
	if !bytes.HasSuffix(s.buf, syncMark) {
		k := min(memberLen-1, n)
		for k > 0 && !isMember(s.buf[n-k:]) {
			k--
		}
		n -= k + Gzip.trailerLen()
	}
	s.sendHeld(n)
	return s.w.out
}

// sendHeld sends the first n bytes of buf as they are. Where the stream passes, no
// cursor is in it.
func (s *Splicer) sendHeld(n int) {
	if n > 0 {
		s.w.out = append(s.w.out, s.buf[:n]...)
		s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	}
}

// finishPassing sends what is held at the end of the input. Of a stream that says
// of itself that it is whole, the last bytes are taken for the trailer if they say
// a length that pages have, or if it was read up to there: one that breaks off all
// the same is changed in its last bytes once in thousands of times.
func (s *Splicer) finishPassing(whole bool) {
	s.sendHeld(len(s.buf) - Gzip.trailerLen())
	if whole && !s.unsure && s.isTrailer(s.buf) {
		s.complete(s.buf)
	}
	s.sendHeld(len(s.buf))
}

// isTrailer reports whether the stream's last bytes are likely its trailer.
func (s *Splicer) isTrailer(b []byte) (likely bool) {
	defer panics.Handle(func(*panics.Panic) { likely = false })
	if len(b) != Gzip.trailerLen() || !s.plausible(b, maxRatio) {
		return false
	}
	if s.plausible(b, likelyRatio) {
		return true
	}
	ends, known := s.endsAt(s.came - len(b))
	return ends || !known
}
