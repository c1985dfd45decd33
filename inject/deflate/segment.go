package deflate

// segment is the part of a block in which tokens are written anew.
type segment struct {
	from   int  // the first bit that was not copied yet
	to     int  // up to where the bits may be copied; the tokens follow
	before int  // how many of the tokens stand for what is copied
	opened bool // the block's header was sent, or is among what is copied at any rate

	rest    int  // behind the tokens: the first bit that may be copied again, but for the edits
	restOut int  // how much is decoded there
	toEnd   bool // the tokens go to the block's end: there is no rest
}

// edit stands in place of some bits.
type edit struct {
	from, to int
	n        int // how many tokens there are in it
}

// smallBlock is how much of a block, in what is decoded, is written anew rather
// than that its header is written twice.
const smallBlock = 24 << 10

// writeSegment writes the tokens of a segment. The block keeps its code, if that
// has words for all; if it lacks some of the tag's, that has a block apart. Else
// all have a block of their own. cut says that the stream ends in the middle. It
// reports whether the block is still open.
func (s *Splicer) writeSegment(cut bool) (open bool) {
	c := &s.cur
	ended := c.state != inBlock
	if s.rest == 0 {
		s.rest = c.pos // the stream ends among the tokens
	}
	var k code
	k.init(&c.block)
	if s.keep(&k, ended || cut) || s.apart(&k, ended, cut) {
		if ended && s.notLast && c.block.final {
			s.writeOwn(nil, true)
		}
		return !ended
	}
	s.gather()
	tokens := s.tokens
	if s.opened {
		tokens = tokens[s.before:]
		s.close(&k)
	}
	if ended || cut {
		s.writeOwn(tokens, ended && c.block.final)
		return false
	}
	_, from, to := s.header() // of what is left of the block
	s.writeOwnTo(tokens, false, uint(c.pos-(to-from))&7, true)
	s.openAgain()
	return true
}

// openAgain writes the present block's header again.
func (s *Splicer) openAgain() {
	b, from, to := s.header()
	if s.notLast {
		s.w.put(load(b, from)&6, 3)
		from += 3
	}
	s.w.copy(b, from, to)
}

// copyTo copies what is there of the block.
func (s *Splicer) copyTo(notLast bool) {
	if h := s.cur.block.header; notLast && h >= s.from {
		s.w.copy(s.buf, s.from, h)
		s.w.put(load(s.buf, h)&6, 3)
		s.from = h + 3
	}
	s.w.copy(s.buf, s.from, s.to)
}

// header returns the present block's header: bits of some bytes.
func (s *Splicer) header() (b []byte, from, to int) {
	if h := s.cur.block.header; h >= 0 {
		return s.buf, h, s.cur.block.body
	}
	return s.head, s.headP, s.headP + s.headN
}

// size returns how many bits the tokens that are gathered, from one on, and the
// rest take in a code, and false where that lacks a word.
func (s *Splicer) size(k *code, first int) (int, bool) {
	n, ok := k.costs(s.tokens[first:])
	m, ok2 := k.costs(s.edited)
	n += m + s.cur.pos - s.rest
	for _, e := range s.edits {
		n -= e.to - e.from
	}
	return n, ok && ok2
}

// keep writes the segment behind what is copied of the block, in its code. Where
// the block goes on, the next bit is to have the position in its byte that it
// came with.
func (s *Splicer) keep(k *code, last bool) bool {
	n, ok := s.size(k, s.before)
	if !ok {
		return false
	}
	if !last {
		delta := (s.cur.pos - int(s.w.n) - (s.to - s.from) - n) & 7
		switch {
		case delta == 0, s.stretch(k, delta):
		case s.opened:
			return false
		default:
			s.w.shift((s.w.n + uint(delta)) & 7)
		}
	}
	s.copyTo(s.notLast)
	s.writeRest(k, s.before)
	return true
}

// apart ends the block before the tag, which gets one of its own, and begins it
// again.
func (s *Splicer) apart(k *code, ended, cut bool) bool {
	c := &s.cur
	if s.tagEnd == 0 || ended && !s.opened && c.out-s.place < smallBlock {
		return false
	}
	n, ok := s.size(k, s.tagEnd)
	if !ok {
		return false
	}
	if s.opened || s.to != c.block.body {
		s.close(k)
	}
	_, from, to := s.header()
	s.writeOwnTo(s.tokens[s.before:s.tagEnd], false, uint(c.pos-n-(to-from))&7, !ended && !cut)
	s.openAgain()
	s.writeRest(k, s.tagEnd)
	return true
}

// close copies what is there of the block, and ends it: others follow.
func (s *Splicer) close(k *code) {
	s.copyTo(true)
	s.w.end(k)
}

// writeRest writes the tokens from one on, and what follows them.
func (s *Splicer) writeRest(k *code, first int) {
	s.w.tokens(k, s.tokens[first:])
	if s.toEnd {
		s.w.end(k)
	}
	from, edited := s.rest, s.edited
	for _, e := range s.edits {
		s.w.copy(s.buf, from, e.from)
		s.w.tokens(k, edited[:e.n])
		from, edited = e.to, edited[e.n:]
	}
	s.w.copy(s.buf, from, s.cur.pos)
}

// gather reads the rest once more, for its tokens.
func (s *Splicer) gather() {
	if s.toEnd {
		return
	}
	c := s.cur
	c.pos, c.out, c.state = s.rest, s.restOut, inBlock
	for c.pos < s.cur.pos && c.state == inBlock {
		var step [stepTokens]token
		at := c.out
		ts, err := c.tokens(s.buf, step[:0], s.place+window)
		for _, t := range ts {
			at = s.add(at, t)
		}
		if err != nil {
			return
		}
	}
}
