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
// are ready. They are valid until the next call.
func (s *Splicer) Pass(p []byte) ([]byte, error) {
	s.w.out = s.w.out[:0]
	if k := len(p) - tailLen; s.phase == passing && k >= 0 {
		s.arrived(p)
		s.w.out = append(append(s.w.out, s.buf...), p...)
		if at := s.nextMember(s.w.out); at >= 0 {
			s.complete(s.w.out[at-8 : at])
			s.buf = s.buf[:0]
			s.phase = over
			return s.w.out, nil
		}
		s.buf = append(s.buf[:0], p[k:]...)
		s.w.out = s.w.out[:len(s.w.out)-tailLen]
		return s.w.out, nil
	}
	if s.phase == over && len(s.buf) == 0 {
		s.came += len(p)
		return p, nil
	}
	s.Feed(p)
	err := s.run()
	s.memoize = false
	return s.w.out, err
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

// Whole reports whether all that came is in [Splicer.Held].
func (s *Splicer) Whole() bool { return len(s.buf) == s.came }

// Finish returns the rest at the end of the input. A stream that is cut short
// ends as it did; whole says that nothing is known of that.
func (s *Splicer) Finish(whole bool) []byte {
	s.w.out = s.w.out[:0]
	_ = s.run()
	switch s.phase {
	case rewriting:
		if s.cur.state == inBlock {
			s.writeSegment(true)
		} else {
			s.writeTagAlone()
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
