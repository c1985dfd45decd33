package deflate

import "errors"

// Splicer inserts bytes into one compressed stream as it passes. First
// [Splicer.Feed] and [Splicer.Next] decode the beginning, while [Splicer.Take]
// hands out what may go before the place is known; [Splicer.Insert] says what
// goes where, and [Splicer.Pass] and [Splicer.Finish] return the bytes that make
// the new stream. Where nothing is to be inserted after all, [Splicer.Held] is
// what was not handed out.
//
// The zero value is ready for Reset. A Splicer serves one stream at a time.
type Splicer struct {
	buf  []byte // compressed bytes, from the first one that was not handed out
	hist []byte // what they decode to, from the stream's beginning to a bit behind the place
	came int    // how many compressed bytes there were
	kept []byte // all of them, up to a bound
	base cursor // where the next bit to be handed out is; it is in buf's first byte
	cur  cursor // how far was read

	head  []byte // the header of the block that base is in, if that is no longer in buf
	headN int    // its length in bits
	headP int    // the bit in its first byte with which it begins

	lost   bool // kept lacks some
	reread bool // base reads in kept
	unsure bool // something may be the end of the member with the tag

	memo    *Memo
	memoize bool // this is the first Pass, and memo lacks what it makes

	returned bool // something of the new stream was
	taken    int  // how many bytes were handed out before it

	phase phase
	tag   []byte
	place int // where the tag goes, an offset in what is decoded
	segment
	notLast bool // the block says that it is not the last, though it is: more may have to follow
	w       bitWriter
	tokens  []token
	tagEnd  int // up to where they are the tag, zero once that is written
	edits   []edit
	edited  []token // those of all edits
}

// phase is how far the stream is behind Insert.
type phase uint8

const (
	rewinding phase = iota // where it was read to
	seeking                // not at the place yet
	rewriting              // within reach of matches
	counting               // as it is, but read on, because the trailer needs the length
	passing                // as it is, to a trailer that is the last there is
	trailing               // in the trailer
	over                   // as it is
)

// Reset begins a stream.
func (s *Splicer) Reset(f Format) {
	*s = Splicer{buf: s.buf[:0], tag: s.tag[:0], hist: s.hist[:0], head: s.head[:0], tokens: s.tokens[:0], edits: s.edits[:0], edited: s.edited[:0], kept: s.kept[:0], w: bitWriter{out: s.w.out[:0]}}
	s.cur.format, s.base.format = f, f
}

// Feed adds p, the stream's next bytes.
func (s *Splicer) Feed(p []byte) {
	s.buf = append(s.buf, p...)
	s.arrived(p)
}

// arrived is called with all that comes.
func (s *Splicer) arrived(p []byte) {
	s.came += len(p)
	s.keepBytes(p)
}

// Came returns how many compressed bytes there were.
func (s *Splicer) Came() int { return s.came }

// Held returns the compressed bytes that were not handed out. They are valid
// until the next call.
func (s *Splicer) Held() []byte { return s.buf }

// Decoded returns all that was decoded. It is valid until the next call.
func (s *Splicer) Decoded() []byte { return s.hist }

// Size is how much memory the Splicer keeps, in bytes.
func (s *Splicer) Size() int {
	return cap(s.buf) + cap(s.hist) + cap(s.kept) + cap(s.head) + cap(s.w.out) + 4*(cap(s.tokens)+cap(s.edited)) + 24*cap(s.edits)
}

// stepTokens is how many tokens are decoded at once, and the least room for
// them.
const stepTokens = 512

// Next decodes on for n bytes or a few more. It reports false where it could
// decode nothing: more input is needed, or none is left. An error means that
// what comes next is no compressed data.
func (s *Splicer) Next(n int) (bool, error) {
	if cap(s.tokens) < stepTokens {
		s.tokens = make([]token, 0, 4*stepTokens)
	}
	before := len(s.hist)
	for limit := before + n; len(s.hist) < limit; {
		err := s.step(limit)
		if err == nil {
			continue
		}
		if len(s.hist) > before || errors.Is(err, errMore) {
			break
		}
		return false, err
	}
	return len(s.hist) > before, nil
}

// step decodes one element or a few tokens.
func (s *Splicer) step(limit int) error {
	c := &s.cur
	switch c.state {
	case inBlock:
		ts, err := c.tokens(s.buf, s.tokens[:0:stepTokens], limit)
		for _, t := range ts {
			s.apply(t)
		}
		return err
	case inStored:
		b := c.stored(s.buf, limit-c.out)
		s.hist = append(s.hist, b...)
		if len(b) == 0 && c.state == inStored {
			return errMore
		}
		return nil
	case atEnd:
		return errMore
	}
	return c.move(s.buf)
}

// apply appends what a token stands for.
func (s *Splicer) apply(t token) {
	if t&isMatch == 0 {
		s.hist = append(s.hist, byte(t))
		return
	}
	n, d := t.length(), t.dist()
	at := len(s.hist) - d
	for n > d { // it repeats itself
		s.hist = append(s.hist, s.hist[at:at+d]...)
		n -= d
		d *= 2
	}
	s.hist = append(s.hist, s.hist[at:at+n]...)
}

// move reads what stands between blocks.
func (c *cursor) move(b []byte) error {
	switch c.state {
	case atBlock:
		return c.header(b)
	case atMember:
		return c.member(b)
	case atTrailer:
		end := (c.pos+7)>>3 + c.format.trailerLen()
		if end > len(b) {
			return errMore
		}
		c.pos, c.state = end*8, atNext
		if c.format != Gzip {
			c.state = atEnd
		}
	case atNext:
		err := c.member(b)
		if errors.Is(err, ErrCorrupt) {
			c.state = atEnd // what follows is no member, and is ignored
			return nil
		}
		return err
	}
	return nil
}

// Take hands out the compressed bytes that decode to no more than the first n
// bytes, as far as they were not handed out: what may be sent before the place
// is known, which may not come before n. It appends them to dst. A block that
// says of itself that it is the last is held back, since more may have to follow.
func (s *Splicer) Take(dst []byte, n int) []byte {
	c := &s.base
	for s.advance(c, n) {
	}
	k := c.pos >> 3
	if k == 0 {
		return dst
	}
	if h := c.block.header; c.state == inBlock && h >= 0 && h>>3 < k {
		s.head = append(s.head[:0], s.buf[h>>3:(c.block.body+7)>>3]...)
		s.headP, s.headN = h&7, c.block.body-h
	}
	dst = append(dst, s.buf[:k]...)
	s.taken += k
	s.drop(k)
	return dst
}

// drop forgets the first k bytes of buf.
func (s *Splicer) drop(k int) {
	s.buf = s.buf[:copy(s.buf, s.buf[k:])]
	for _, c := range [...]*cursor{&s.base, &s.cur} {
		c.pos -= 8 * k
		c.block.header -= 8 * k
		c.block.body -= 8 * k
	}
}

// advance moves the base on by what may be handed out.
func (s *Splicer) advance(c *cursor, n int) bool {
	switch c.state {
	case inBlock:
		pos := c.pos
		_, err := c.upTo(s.buf, s.tokens[:0:stepTokens], n, true)
		return err == nil && c.pos > pos
	case atBlock:
		if len(s.buf)*8-c.pos < 3 || load(s.buf, c.pos)&1 != 0 {
			return false
		}
		before, state := c.pos, c.block
		if c.header(s.buf) != nil {
			c.block = state
			return false
		}
		if c.state == inStored {
			if c.out+c.left > n || c.pos>>3+c.left > len(s.buf) {
				c.pos, c.state, c.block = before, atBlock, state
				return false
			}
			c.stored(s.buf, c.left)
		}
		return true
	case atMember:
		return c.member(s.buf) == nil
	}
	return false
}
