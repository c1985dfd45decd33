package deflate

import "errors"

// Insert says that tag goes at an offset of what is decoded, which is not
// before what was handed out and not behind what Next has decoded. The tag is
// not kept. No Feed, Next or Take may follow.
func (s *Splicer) Insert(place int, tag []byte) {
	s.place = place
	s.tag = append(s.tag[:0], tag...)
	s.tokens = s.tokens[:0]
	s.phase = rewinding
	n := uint(s.base.pos & 7)
	s.w.acc, s.w.n = 0, n
	if n > 0 {
		s.w.acc = uint64(s.buf[0]) & (1<<n - 1)
	}
	s.segment = segment{from: s.base.pos, to: s.base.pos, opened: true}
}

// Pass takes the stream's next bytes, and returns those of the new stream that
// are ready. They are valid until the next call. An error means that what comes next
// is no compressed data; [Splicer.GiveUp] is to follow.
func (s *Splicer) Pass(p []byte) ([]byte, error) {
	s.begin()
	if k := len(p) - tailLen; s.phase == passing && k >= 0 {
		s.arrived(p)
		s.w.out = append(append(s.w.out, s.buf...), p...)
		if at := s.nextMember(s.w.out); at >= 0 {
			s.complete(s.w.out[at-8 : at])
			s.buf = s.buf[:0]
			s.phase = over
			return s.ready(), nil
		}
		s.buf = append(s.buf[:0], p[k:]...)
		s.w.out = s.w.out[:len(s.w.out)-tailLen]
		return s.ready(), nil
	}
	if s.phase == over && len(s.buf) == 0 {
		s.came += len(p)
		return p, nil
	}
	s.Feed(p)
	if err := s.run(); err != nil {
		return nil, err
	}
	s.memoize = false
	return s.ready(), nil
}

// begin forgets what was returned of the new stream.
func (s *Splicer) begin() {
	if s.returned {
		s.w.out = s.w.out[:0]
	}
}

// ready is what may be returned: before the tag is in it, nothing, so that there is a
// way back for as long as can be.
func (s *Splicer) ready() []byte {
	if s.phase < counting && s.tagEnd > 0 {
		return nil
	}
	s.returned = true
	return s.w.out
}

// GiveUp returns, after an error of Pass, the rest of what there is: written anew as
// far as it could be read, and then as it came. What follows passes.
func (s *Splicer) GiveUp() []byte {
	from := s.from
	if s.phase == rewriting {
		s.writeCut()
		from = s.cur.pos
	}
	s.w.copy(s.buf, from, len(s.buf)*8)
	s.w.align()
	s.buf = s.buf[:0]
	s.phase = over
	s.returned = true
	return s.w.out
}

// writeCut writes what was read of a stream that breaks off or can't be read on. It
// reports whether that ends among a block's tokens.
func (s *Splicer) writeCut() (open bool) {
	if s.cur.state == inBlock {
		return s.writeSegment(true)
	}
	s.writeTagAlone()
	return false
}

// Growth says, after the first Pass and if nothing was handed out before, by how
// many bytes the new stream is longer than the one that comes. It is false where
// that is not known yet.
func (s *Splicer) Growth() (n int, ok bool) {
	held := len(s.buf)
	switch s.phase {
	case rewinding, seeking, rewriting:
		return 0, false
	case counting:
		held -= s.from >> 3
	}
	return len(s.w.out) + held - s.came, true
}

// Intact reports whether nothing was returned of the new stream, and Held goes on where
// Take has ended: then there is a way back.
func (s *Splicer) Intact() bool { return !s.returned && s.taken+len(s.buf) == s.came }

// Finish returns the rest at the end of the input. A stream that is cut short
// ends as it did; whole says that nothing is known of that.
func (s *Splicer) Finish(whole bool) []byte {
	s.begin()
	_ = s.run()
	switch s.phase {
	case rewriting:
		if s.writeCut() && s.w.n > 0 {
			s.w.put(1<<(8-s.w.n)-1, 8-s.w.n) // zeros could be taken for a token
		}
		s.w.align()
	case passing:
		s.finishPassing(whole)
	case counting:
		s.w.out = append(s.w.out, s.buf[s.from>>3:]...)
	case rewinding, seeking, trailing:
		s.w.out = append(s.w.out, s.buf...)
	}
	s.buf = s.buf[:0]
	s.phase = over
	return s.w.out
}

func (s *Splicer) run() error {
	for {
		var err error
		switch s.phase {
		case rewinding:
			if !s.recall() {
				s.rewind()
			}
		case seeking:
			err = s.seek()
		case rewriting:
			err = s.rewrite()
		case counting:
			err = s.count()
		case trailing:
			n := s.cur.format.trailerLen()
			if len(s.buf) < n {
				return nil
			}
			s.trailer()
			s.phase = over
		case passing:
			if at := s.nextMember(s.buf); at >= 0 {
				s.complete(s.buf[at-8 : at])
				s.phase = over
				continue
			}
			s.sendHeld(len(s.buf) - tailLen)
			return nil
		case over:
			s.w.out = append(s.w.out, s.buf...)
			s.buf = s.buf[:0]
			return nil
		}
		switch {
		case errors.Is(err, errMore):
			return nil
		case err != nil:
			return err
		}
	}
}
