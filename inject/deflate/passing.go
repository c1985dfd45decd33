package deflate

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Most of a gzip stream passes without being read, so that its trailer has to be
// told by what it looks like. A wrong guess would garble the page from there on,
// and whoever has a text in it could aim for that. So nothing is changed in the
// middle of what passes unless the stream was read up to there: its beginning is
// kept for that, and read only where something looks like a member's end.

// maxKept is how many compressed bytes are kept. Of a longer stream, what looks
// like a member's end behind them is left as it is, and so is then the end of the
// stream, of which nobody knows to what member it belongs: the text is right, the
// checksum may be that of the stream as it came.
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
		var err error
		switch c.state {
		case inBlock:
			_, _, err = c.reach(s.kept, c.start, math.MaxInt)
		case inStored:
			if len(c.stored(s.kept, c.left)) == 0 && c.state == inStored {
				err = errMore
			}
		case atTrailer:
			if c.out >= s.cur.out { // not that of an empty member before
				return (c.pos+7)>>3 == n, true
			}
			err = c.move(s.kept)
		default:
			err = c.move(s.kept)
		}
		if err != nil || c.state == atEnd {
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

// tailLen is how much is held back of what passes: a trailer, and what is looked
// at of the member that may follow it.
const tailLen = 8 + 4 - 1

// memberMagic is what a member of gzip begins with.
var memberMagic = []byte{0x1f, 0x8b, 8}

// nextMember returns where in b, which passes as it is and ends where the input
// does, the next member begins. Without one it returns -1.
func (s *Splicer) nextMember(b []byte) int {
	if s.cur.format != Gzip {
		return -1
	}
	for at := 0; ; at++ {
		k := bytes.Index(b[at:], memberMagic)
		if at += k; k < 0 || at+3 >= len(b) {
			return -1
		}
		if at < 8 || b[at+3] >= flagReserved || !s.plausible(b[at-8:at], maxRatio) {
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
	s.w.out = s.w.out[:0]
	switch {
	case s.phase == rewriting && s.cur.state == inBlock:
		s.flushBlock()
		return s.w.out
	case s.phase != passing:
		return nil
	}
	n := len(s.buf)
	if !bytes.HasSuffix(s.buf, syncMark) {
		n -= Gzip.trailerLen()
		for k := len(memberMagic); k > 0; k-- {
			if bytes.HasSuffix(s.buf, memberMagic[:k]) {
				n -= k
				break
			}
		}
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
	if b := s.buf; whole && !s.unsure && len(b) == Gzip.trailerLen() && s.plausible(b, maxRatio) {
		ends, known := true, true
		if !s.plausible(b, likelyRatio) {
			ends, known = s.endsAt(s.came - len(b))
		}
		if ends || !known {
			s.complete(b)
		}
	}
	s.sendHeld(len(s.buf))
}
