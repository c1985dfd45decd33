package deflate

// maxBefore is how many of a block's tokens before the place are gathered, so
// that a small block can have one new code for all of it.
const maxBefore = 4 << 10

// rewind goes back before the place. Mostly that is in the block that was read
// last, whose code need not be read twice.
func (s *Splicer) rewind() {
	s.phase = seeking
	c := &s.cur
	if k := &c.block; c.state == inBlock && k.header >= s.base.pos && k.start < s.place {
		c.pos, c.out = k.body, k.start
		s.open()
		return
	}
	s.cur = s.base
}

// seek reads up to the place once more, and begins there.
func (s *Splicer) seek() error {
	c := &s.cur
	switch c.state {
	case inBlock:
		if len(s.tokens) > maxBefore {
			s.opened, s.tokens = true, s.tokens[:0]
		}
		if cap(s.tokens)-len(s.tokens) < stepTokens {
			s.tokens = append(make([]token, 0, 2*cap(s.tokens)+stepTokens), s.tokens...)
		}
		var err error
		if s.tokens, err = c.upTo(s.buf, s.tokens, s.place, false); err != nil {
			return err
		}
		s.to, s.before = c.pos, len(s.tokens)
		if c.state != inBlock {
			s.from, s.tokens = s.flushTo(c.pos), s.tokens[:0]
			return nil
		}
		if c.out < s.place {
			if len(s.tokens) < cap(s.tokens) {
				s.straddle()
			}
			return nil
		}
		s.insert()
	case inStored:
		if c.out+c.left < s.place {
			if len(c.stored(s.buf, c.left)) == 0 && c.state == inStored {
				return errMore
			}
			return nil
		}
		s.insertStored()
	case atBlock:
		if c.out == s.place {
			s.from = s.flushTo(c.pos)
			s.insert()
			return nil
		}
		if err := c.header(s.buf); err != nil {
			return err
		}
		s.open()
	default:
		return c.move(s.buf)
	}
	return nil
}

// flushTo copies what comes before a bit, and returns that.
func (s *Splicer) flushTo(pos int) int {
	s.w.copy(s.buf, s.from, pos)
	return pos
}

// open begins a segment at the beginning of a block, whose header was read.
func (s *Splicer) open() {
	h := s.cur.block.header
	s.flushTo(h)
	s.segment = segment{from: h, to: s.cur.block.body}
}

// straddle is called before a token in whose middle the place is.
func (s *Splicer) straddle() {
	c := &s.cur
	at := c.out
	ts, _ := c.tokens(s.buf, s.tokens[len(s.tokens):len(s.tokens):len(s.tokens)+1], at+1)
	t := ts[0]
	s.tokens = s.piece(s.tokens, at, s.place-at, t.dist(), 0)
	s.insert()
	s.tokens = s.match(s.tokens, s.place, c.out-s.place, t.dist())
}

// insert puts the tag among the tokens.
func (s *Splicer) insert() {
	s.phase = rewriting
	s.tokens = appendTag(s.tokens, s.hist[s.cur.start:s.place], s.tag)
	s.tagEnd = len(s.tokens)
}

// insertStored ends a stored block at the place, and begins another with the
// rest of it behind the tag.
func (s *Splicer) insertStored() {
	c := &s.cur
	s.phase = rewriting
	h := c.block.header
	n := c.out + c.left - s.place // behind the place
	done := s.place - c.out       // what is left before it
	body := c.block.body >> 3
	first := c.pos>>3 + done
	s.flushTo(h)
	if first > body {
		s.w.stored(false, first-body)
		s.w.out = append(s.w.out, s.buf[body:first]...)
	}
	last := n == 0 && c.block.final
	s.writeOwn(appendTag(s.tokens[:0], s.hist[c.start:s.place], s.tag), last)
	s.tokens = s.tokens[:0]
	c.pos, c.out, c.left = first*8, s.place, n
	s.from = c.pos
	if n == 0 {
		c.ended()
		s.from = c.pos
		return
	}
	s.w.stored(c.block.final, n)
}
