package deflate

// Format says what is around the compressed data.
type Format uint8

const (
	// Gzip is RFC 1952, a series of members; what follows and is none is
	// ignored. It is the content coding gzip.
	Gzip Format = iota
	// Zlib is RFC 1950. A stream that does not begin so is taken for a bare
	// one, since servers send both as the content coding deflate.
	Zlib
	bare
)

// trailerLen is how many bytes follow the data.
func (f Format) trailerLen() int { return [...]int{Gzip: 8, Zlib: 4, bare: 0}[f] }

// Bits of gzip's FLG.
const (
	flagSum = 1 << (1 + iota)
	flagExtra
	flagName
	flagComment
	flagReserved
)

// member reads a member's header.
func (c *cursor) member(b []byte) error {
	i := (c.pos + 7) >> 3
	b = b[i:]
	if c.format == Zlib {
		if len(b) < 2 {
			return errMore
		}
		if b[0]&15 != 8 || (uint(b[0])<<8|uint(b[1]))%31 != 0 {
			c.format = bare
		} else if b[1]&0x20 != 0 {
			return ErrCorrupt // a dictionary that nobody has
		} else {
			i += 2
		}
		c.begin(i)
		return nil
	}
	for k, want := range [...]byte{0x1f, 0x8b, 8} {
		if k >= len(b) {
			return errMore
		}
		if b[k] != want {
			return ErrCorrupt
		}
	}
	if len(b) < 10 {
		return errMore
	}
	flags, n := b[3], 10
	if flags&^(flagReserved-1) != 0 {
		return ErrCorrupt
	}
	if flags&flagExtra != 0 {
		if len(b) < n+2 {
			return errMore
		}
		n += 2 + int(b[n]) + int(b[n+1])<<8
	}
	for _, f := range [...]byte{flagName, flagComment} {
		if flags&f == 0 {
			continue
		}
		for n < len(b) && b[n] != 0 {
			n++
		}
		n++
	}
	if flags&flagSum != 0 {
		n += 2
	}
	if len(b) < n {
		return errMore
	}
	c.begin(i + n)
	return nil
}

// begin starts with the data, which begins at a byte.
func (c *cursor) begin(at int) {
	c.pos, c.start, c.state = at*8, c.out, atBlock
	c.block = block{}
}
