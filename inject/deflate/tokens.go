package deflate

import "encoding/binary"

// tokens reads a block's tokens into dst until the block ends, which changes
// state, dst is full or what is decoded reaches limit.
func (c *cursor) tokens(b []byte, dst []token, limit int) (_ []token, err error) {
	size := len(b) * 8
	pos, out := c.pos, c.out
loop:
	for len(dst) < cap(dst) && out < limit {
		v := load(b, pos)
		e := c.lits.decode(v, litLenEntries[:])
		n := e.bits()
		end := pos + int(n)
		switch {
		case n == 0:
			err = short(size - pos)
			break loop
		case e&entryLiteral != 0:
			if end > size {
				err = errMore
				break loop
			}
			pos, out = end, out+1
			dst = append(dst, token(e.value()))
			continue
		case e&entrySpecial != 0:
			switch {
			case e.value() != endOfBlock:
				err = short(size - pos)
			case end > size:
				err = errMore
			default:
				pos = end
				c.ended()
			}
			break loop
		}
		v >>= n
		length := int(e.value() + uint(v)&(1<<e.extra()-1))
		v >>= e.extra()
		end += int(e.extra())
		e = c.dists.decode(v, distEntries[:])
		n = e.bits()
		if n == 0 || e&entrySpecial != 0 {
			err = short(size - pos)
			break
		}
		dist := int(e.value() + uint(v>>n)&(1<<e.extra()-1))
		end += int(n + e.extra())
		switch {
		case end > size:
			err = errMore
			break loop
		case dist > out-c.start:
			err = ErrCorrupt
			break loop
		}
		pos = end
		out += length
		dst = append(dst, match(length, dist))
	}
	c.pos, c.out = pos, out
	return dst, err
}

// reach reads a block's tokens up to the first match whose source is before an
// offset of what is decoded, and returns that with the bit at which it begins.
// Where there is none before limit, or the block ends, it returns no match. It
// may read one literal more than limit says.
func (c *cursor) reach(b []byte, offset, limit int) (t token, at int, err error) {
	for c.state == inBlock && c.out < limit {
		if c.skim(b, offset, limit); c.out >= limit {
			break
		}
		at = c.pos
		var one [1]token
		ts, err := c.tokens(b, one[:0], limit)
		if err != nil {
			return 0, 0, err
		}
		if len(ts) > 0 && ts[0]&isMatch != 0 && ts[0].dist() > c.out-ts[0].length()-offset {
			return ts[0], at, nil
		}
	}
	return 0, 0, nil
}

// skim is the greater part of reach: it stops at what happens seldom, a word that
// is not in the table, for example, and near the end of the input.
func (c *cursor) skim(b []byte, offset, limit int) {
	const mask = 1<<tableBits - 1
	pos, out := uint(c.pos), c.out
	lits, dists := &c.lits.table, &c.dists.table
	for out < limit && pos>>3+8 <= uint(len(b)) {
		// 57 bits at least: enough for two words of the table, two words
		// of distances of it and all that is added to them.
		v := binary.LittleEndian.Uint64(b[pos>>3:]) >> (pos & 7)
		e := lits[v&mask]
		n := e.bits()
		if e&entryLiteral != 0 {
			v >>= n
			pos += n
			out++
			e = lits[v&mask]
			n = e.bits()
			if e&entryLiteral != 0 {
				pos += n
				out++
				continue
			}
		}
		if n == 0 || e&entrySpecial != 0 {
			break
		}
		v >>= n
		x := e.extra()
		length := int(e.value() + uint(v)&(1<<x-1))
		v >>= x
		n += x
		e = dists[v&mask]
		x = e.extra()
		dist := int(e.value() + uint(v>>e.bits())&(1<<x-1))
		if e.bits() == 0 || e&entrySpecial != 0 || dist > out-offset {
			break
		}
		pos += n + e.bits() + x
		out += length
	}
	c.pos, c.out = int(pos), out
}

// upTo reads a block's tokens as far as they don't go beyond what is decoded to
// n bytes, until the block ends or dst is full. The end of a block at n is read
// if ends is set.
func (c *cursor) upTo(b []byte, dst []token, n int, ends bool) ([]token, error) {
	dst, err := c.tokens(b, dst, n-maxMatch+1)
	limit := n
	if ends {
		limit++
	}
	for err == nil && c.state == inBlock && len(dst) < cap(dst) && c.out < limit {
		pos, out, k := c.pos, c.out, len(dst)
		_, err = c.tokens(b, dst[:k:k+1], limit)
		if c.out > n {
			c.pos, c.out = pos, out
			break
		}
		if c.out > out {
			dst = dst[:k+1]
		}
	}
	return dst, err
}

// short says what is wrong with a word that is none, left bits before the end:
// they may be no more than too few.
func short(left int) error {
	if left < 48 {
		return errMore
	}
	return ErrCorrupt
}
