package deflate

import "errors"

// rewrite goes on behind the place.
func (s *Splicer) rewrite() error {
	c := &s.cur
	switch c.state {
	case atBlock:
		if c.out >= s.place+window && len(s.tokens) == 0 {
			s.leave()
			return nil
		}
		if k := c.pos >> 3; k > maxRewritten && s.returned { // many blocks with nearly nothing in them
			s.drop(k)
			s.from = c.pos
		}
		if err := c.header(s.buf); err != nil {
			return err
		}
		if c.state == inStored {
			s.writeTagAlone()
			s.w.stored(c.block.final, c.left)
			s.from = c.pos
			return nil
		}
		s.segment = segment{from: c.block.header, to: c.block.body}
	case inStored:
		at := c.out
		b := c.stored(s.buf, c.left)
		s.w.out = append(s.w.out, b...)
		if at <= s.place+reach && c.out > len(s.hist) {
			s.hist = append(s.hist, b[len(s.hist)-at:]...)
		}
		s.from = c.pos
		if len(b) == 0 && c.state == inStored {
			return errMore
		}
	case inBlock:
		return s.rewriteBlock()
	case atTrailer:
		s.w.align()
		s.phase = trailing
		end := (c.pos + 7) >> 3
		s.remember(end)
		s.drop(end)
	}
	return nil
}

// maxRewritten is how many compressed bytes are held that were written anew.
const maxRewritten = 64 << 10

// writeTagAlone writes the tag in a block of its own, if it is not written yet
// and what follows has no tokens.
func (s *Splicer) writeTagAlone() {
	if len(s.tokens) > 0 {
		s.writeOwn(s.tokens, false)
		s.tokens, s.tagEnd = s.tokens[:0], 0
	}
}

// shortStream is from how many compressed bytes on a block's header is so little
// beside them that it may be written twice.
const shortStream = 8 << 10

// anew reports whether the block is to be written anew if it is small: its code
// lacks words for the tag, nothing of it was sent, and there is little else.
func (s *Splicer) anew() bool {
	if s.tagEnd == 0 || s.opened || len(s.buf) >= shortStream {
		return false
	}
	var k code
	k.init(&s.cur.block)
	_, ok := k.costs(s.tokens[s.before:s.tagEnd])
	return !ok
}

// minTokens is how many tokens of a segment are gathered at least.
const minTokens = 128

// rewriteBlock reads a block's tokens until it ends or no match can reach the
// place, and writes them.
func (s *Splicer) rewriteBlock() error {
	c := &s.cur
	end := s.place + window
	// A few tokens are gathered, which leaves something to choose from where
	// the length has to be a certain one. Of the rest, only those are of
	// interest that have to change.
	gathered := s.place + reach
	if s.rest == 0 && s.anew() {
		gathered = s.place + smallBlock
	}
	for s.rest == 0 {
		var step [stepTokens]token
		at := c.out
		ts, err := c.tokens(s.buf, step[:0], end)
		for _, t := range ts {
			at = s.add(at, t)
		}
		if err != nil {
			return err
		}
		s.toEnd = c.state != inBlock
		if s.toEnd || c.out >= end || c.out > gathered && len(s.tokens)-s.before >= minTokens {
			s.rest, s.restOut = c.pos, c.out
		}
	}
	for c.state == inBlock && c.out < end {
		t, from, err := c.reach(s.buf, s.place, end)
		if t != 0 {
			n := len(s.edited)
			s.edited = s.match(s.edited, c.out-t.length(), t.length(), t.dist())
			s.edits = append(s.edits, edit{from, c.pos, len(s.edited) - n})
		}
		if err != nil {
			return err
		}
	}
	s.nextSegment()
	if c.state == inBlock {
		s.leave()
	}
	return nil
}

// nextSegment writes the segment, and begins the next one behind it.
func (s *Splicer) nextSegment() {
	s.writeSegment(false)
	s.tokens, s.tagEnd, s.edits, s.edited = s.tokens[:0], 0, s.edits[:0], s.edited[:0]
	s.segment = segment{from: s.cur.pos, to: s.cur.pos, opened: true}
}

// flushBlock writes what was read of a block. It may have to be ended and begun
// again later on, which can't be once it has said that it is the last.
func (s *Splicer) flushBlock() {
	if len(s.tokens) > s.before || s.cur.pos > s.to {
		s.notLast = s.cur.block.final
		s.nextSegment()
	}
}

// leave ends the rewriting: from here on the bits pass as they are. The next
// one has the same position in its byte on both sides.
func (s *Splicer) leave() {
	c := &s.cur
	if s.notLast { // but what follows is
		s.notLast = false
		var k code
		k.init(&c.block)
		s.w.end(&k)
		_, from, to := s.header()
		s.w.shift(uint(c.pos-(to-from)) & 7)
		s.openAgain()
	}
	s.w.shift(uint(c.pos & 7)) // only between blocks there may be anything to do
	next := (c.pos + 7) >> 3
	s.w.copy(s.buf, c.pos, next*8)
	s.phase = passing
	switch c.format {
	case Zlib:
		s.phase = counting
	case bare:
		s.phase = over
	}
	if s.phase == counting {
		s.from = next * 8
		return
	}
	s.remember(next)
	s.drop(next)
}

// count reads on, for the length of what is decoded, while the bytes pass.
func (s *Splicer) count() error {
	c := &s.cur
	err := c.readOn(s.buf)
	k := c.pos >> 3
	if c.state == atTrailer {
		k = (c.pos + 7) >> 3
	}
	if k > s.from>>3 {
		s.w.out = append(s.w.out, s.buf[s.from>>3:k]...)
		s.from = k * 8
	}
	if c.state == atTrailer {
		s.drop(k)
		s.phase = trailing
		return nil
	}
	if k = min(c.pos, s.from) >> 3; k > 0 {
		s.drop(k)
		s.from -= 8 * k
	}
	if err != nil && !errors.Is(err, errMore) {
		s.w.out = append(s.w.out, s.buf[s.from>>3:]...)
		s.buf = s.buf[:0]
		s.phase = over
		return nil
	}
	return err
}
