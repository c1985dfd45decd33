package deflate

// reach is how far behind the place what is decoded is kept: as far as it is
// needed to write short pieces of matches as literals.
const reach = 2 * maxMatch

// add puts a token that stands at an offset behind the place among those to be
// written, and returns where the next one stands.
func (s *Splicer) add(at int, t token) int {
	n := t.size()
	if at <= s.place+reach && at+n > len(s.hist) {
		s.extend(at, t)
	}
	if t&isMatch == 0 || at-t.dist() >= s.place {
		s.tokens = append(s.tokens, t)
	} else {
		s.tokens = s.match(s.tokens, at, n, t.dist())
	}
	return at + n
}

// extend appends to what is decoded what of a token is not there yet.
func (s *Splicer) extend(at int, t token) {
	if t&isMatch == 0 {
		s.hist = append(s.hist, byte(t))
		return
	}
	for i, d := len(s.hist), t.dist(); i < at+t.length(); i++ {
		s.hist = append(s.hist, s.hist[i-d])
	}
}

// match appends what stands for the n bytes of a match behind the place.
func (s *Splicer) match(dst []token, at, n, dist int) []token {
	if before := s.place - (at - dist); before > 0 {
		k := min(n, before)
		dst = s.piece(dst, at, k, dist, len(s.tag))
		at, n = at+k, n-k
	}
	return s.piece(dst, at, n, dist, 0)
}

// piece appends a part of a match whose source is on one side of the place, and
// farther away by shift.
func (s *Splicer) piece(dst []token, at, n, dist, shift int) []token {
	if n >= minMatch && dist+shift <= window {
		return append(dst, match(n, dist+shift))
	}
	for i := at - dist; i < at-dist+n; i++ {
		dst = append(dst, literal(s.hist[i]))
	}
	return dst
}
