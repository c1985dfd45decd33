package deflate

// tokens reads a block's tokens into dst until the block ends, which changes
// state, dst is full or what is decoded reaches limit.
func (c *cursor) tokens(b []byte, dst []token, limit int) (_ []token, err error) {
	size := len(b) * 8
	pos, out := c.pos, c.out
loop:
	for len(dst) < cap(dst) && out < limit {
		v := load(b, pos)
		e := uint(c.lits.table[v&(1<<tableBits-1)])
		sym, n := e>>4, e&15
		if n == 0 {
			if sym, n = c.lits.long(v); n == 0 {
				err = short(size - pos)
				break
			}
		}
		end := pos + int(n)
		if sym <= endOfBlock {
			if end > size {
				err = errMore
				break
			}
			pos = end
			if sym == endOfBlock {
				c.ended()
				break
			}
			out++
			dst = append(dst, token(sym))
			continue
		}
		if sym > lastLitLen {
			err = short(size - pos)
			break
		}
		x := lengthExtra[sym-firstLength]
		v >>= n
		length := int(x.base) + int(v&(1<<x.bits-1))
		v >>= x.bits
		end += int(x.bits)
		e = uint(c.dists.table[v&(1<<tableBits-1)])
		if sym, n = e>>4, e&15; n == 0 {
			if sym, n = c.dists.long(v); n == 0 {
				err = short(size - pos)
				break
			}
		}
		if sym > lastDist {
			err = short(size - pos)
			break
		}
		x = distExtra[sym]
		dist := int(x.base) + int(v>>n&(1<<x.bits-1))
		end += int(n) + int(x.bits)
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

// reach reads a block's tokens up to the first whose source is before an offset
// of what is decoded, and returns that with the bit at which it begins. Where
// there is none before limit, or the block ends, it returns no match.
func (c *cursor) reach(b []byte, offset, limit int) (t token, at int, err error) {
	size := len(b) * 8
	pos, out := c.pos, c.out
	for out < limit {
		v := load(b, pos)
		e := uint(c.lits.table[v&(1<<tableBits-1)])
		sym, n := e>>4, e&15
		if n != 0 && sym < endOfBlock {
			// Often there are two in a row.
			e = uint(c.lits.table[v>>n&(1<<tableBits-1)])
			if k := e & 15; k != 0 && e>>4 < endOfBlock && out+1 < limit && pos+int(n+k) <= size {
				pos, out = pos+int(n+k), out+2
				continue
			}
		}
		if n == 0 {
			if sym, n = c.lits.long(v); n == 0 {
				err = short(size - pos)
				break
			}
		}
		end := pos + int(n)
		if sym <= endOfBlock {
			if end > size {
				err = errMore
				break
			}
			pos = end
			if sym == endOfBlock {
				c.ended()
				break
			}
			out++
			continue
		}
		if sym > lastLitLen {
			err = short(size - pos)
			break
		}
		x := lengthExtra[sym-firstLength]
		v >>= n
		length := int(x.base) + int(v&(1<<x.bits-1))
		v >>= x.bits
		end += int(x.bits)
		e = uint(c.dists.table[v&(1<<tableBits-1)])
		if sym, n = e>>4, e&15; n == 0 {
			if sym, n = c.dists.long(v); n == 0 {
				err = short(size - pos)
				break
			}
		}
		if sym > lastDist {
			err = short(size - pos)
			break
		}
		x = distExtra[sym]
		dist := int(x.base) + int(v>>n&(1<<x.bits-1))
		end += int(n) + int(x.bits)
		if end > size {
			err = errMore
			break
		}
		if dist > out-offset {
			if dist > out-c.start {
				err = ErrCorrupt
				break
			}
			c.pos, c.out = end, out+length
			return match(length, dist), pos, nil
		}
		pos = end
		out += length
	}
	c.pos, c.out = pos, out
	return 0, 0, err
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
