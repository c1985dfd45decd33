package deflate

import (
	"errors"
	"math"

	"github.com/parley-chat/parley/internal/panics"
)

// ErrCorrupt means that the bytes are no stream of the format.
var ErrCorrupt = errors.New("deflate: not a valid stream")

// errMore means that the input ends before what is read does.
var errMore = errors.New("deflate: more input is needed")

// state is what comes next in the input.
type state uint8

const (
	atMember  state = iota // the header of gzip or zlib
	atBlock                // a block's header
	inBlock                // tokens
	inStored               // bytes as they are
	atTrailer              // checksum and length
	atNext                 // another member of gzip, or what is none
	atEnd                  // nothing more is read
)

// block is what a block's header says.
type block struct {
	final   bool
	stored  bool
	fixed   bool
	header  int // where the header begins, a bit position; negative if that is no longer held
	body    int // where what follows it begins
	start   int // how many bytes were decoded before it
	lengths [numLitLen + numDist]uint8
}

// litLen and dist return the lengths of the two codes' words.
func (b *block) litLen() []uint8 { return b.lengths[:numLitLen] }
func (b *block) dist() []uint8   { return b.lengths[numLitLen:] }

// cursor reads a stream. It holds no bytes: all positions are in the buffer that
// each call is given, so that a copy of a cursor reads the same again.
type cursor struct {
	format Format
	state  state
	pos    int // the next bit
	out    int // how many bytes were decoded
	start  int // of these, how many before this member
	left   int // of stored bytes
	block  block
	lits   decoder
	dists  decoder
}

// header reads what stands before a block's tokens or bytes.
func (c *cursor) header(b []byte) error {
	avail := len(b)*8 - c.pos
	if avail < 3 {
		return errMore
	}
	v := load(b, c.pos)
	k := &c.block
	final, kind := v&1 != 0, v>>1&3
	switch kind {
	case 0:
		at := (c.pos+3+7)>>3 + 4
		if at > len(b) {
			return errMore
		}
		n := int(b[at-4]) | int(b[at-3])<<8
		if n^0xffff != int(b[at-2])|int(b[at-1])<<8 {
			return ErrCorrupt
		}
		*k = block{final: final, stored: true, header: c.pos, body: at * 8, start: c.out}
		c.pos, c.left, c.state = at*8, n, inStored
	case 1:
		if !k.fixed || k.stored {
			fixedLengths(k)
			c.lits.init(k.litLen(), litLenEntries[:])
			c.dists.init(k.dist(), distEntries[:])
		}
		k.final, k.header, k.body, k.start = final, c.pos, c.pos+3, c.out
		c.pos, c.state = c.pos+3, inBlock
	case 2:
		end, err := c.dynamic(b, c.pos+3)
		if err != nil {
			return err
		}
		k.final, k.header, k.body, k.start = final, c.pos, end, c.out
		c.pos, c.state = end, inBlock
	default:
		return ErrCorrupt
	}
	return nil
}

// codeOrder is the order in which the lengths of the code for lengths are sent.
var codeOrder = [numCodeLen]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block (RFC 1951, 3.2.7) from bit position pos on,
// and returns where they end.
func (c *cursor) dynamic(b []byte, pos int) (int, error) {
	size := len(b) * 8
	if pos+14 > size {
		return 0, errMore
	}
	v := load(b, pos)
	lits, dists, codes := int(v&31)+257, int(v>>5&31)+1, int(v>>10&15)+4
	pos += 14
	if lits > lastLitLen+1 || dists > lastDist+1 {
		return 0, ErrCorrupt
	}
	var lengths [numCodeLen]uint8
	for _, sym := range codeOrder[:codes] {
		if pos+3 > size {
			return 0, errMore
		}
		lengths[sym] = uint8(load(b, pos) & 7)
		pos += 3
	}
	// The tables of tokens are not needed yet, and are built below.
	d := &c.lits
	k := &c.block
	k.stored, k.fixed = false, false
	if !d.init(lengths[:], plainEntries[:]) {
		return 0, ErrCorrupt
	}
	var all [lastLitLen + 1 + lastDist + 1]uint8
	for i := 0; i < lits+dists; {
		v := load(b, pos)
		e := d.table[v&(1<<tableBits-1)] // words of seven bits at most
		n := int(e.bits())
		if n == 0 {
			if pos+7 > size {
				return 0, errMore
			}
			return 0, ErrCorrupt
		}
		v >>= n
		pos += n
		if pos > size {
			return 0, errMore
		}
		sym := uint8(e.value())
		count, value := 1, sym
		switch sym {
		case 16:
			if i == 0 {
				return 0, ErrCorrupt
			}
			count, value = 3+int(v&3), all[i-1]
			pos += 2
		case 17:
			count, value = 3+int(v&7), 0
			pos += 3
		case 18:
			count, value = 11+int(v&127), 0
			pos += 7
		}
		switch {
		case pos > size:
			return 0, errMore
		case i+count > lits+dists:
			return 0, ErrCorrupt
		}
		for range count {
			all[i] = value
			i++
		}
	}
	clear(k.lengths[:])
	copy(k.lengths[:], all[:lits])
	copy(k.lengths[numLitLen:], all[lits:lits+dists])
	if k.lengths[endOfBlock] == 0 || !c.lits.init(k.litLen(), litLenEntries[:]) || !c.dists.init(k.dist(), distEntries[:]) {
		return 0, ErrCorrupt
	}
	return pos, nil
}

// fixedLengths sets the fixed codes (RFC 1951, 3.2.6).
func fixedLengths(k *block) {
	*k = block{fixed: true}
	for i := range k.litLen() {
		switch {
		case i < 144:
			k.lengths[i] = 8
		case i < 256:
			k.lengths[i] = 9
		case i < 280:
			k.lengths[i] = 7
		default:
			k.lengths[i] = 8
		}
	}
	for i := range k.dist() {
		k.dist()[i] = 5
	}
}

// ended is called at a block's end.
func (c *cursor) ended() {
	c.state = atBlock
	if c.block.final {
		c.state = atTrailer
	}
}

// stored returns how many of a stored block's bytes there are, up to n, and
// moves behind them.
func (c *cursor) stored(b []byte, n int) []byte {
	i := c.pos >> 3
	n = min(n, c.left, len(b)-i)
	c.pos += n * 8
	c.out += n
	if c.left -= n; c.left == 0 {
		c.ended()
	}
	return b[i : i+n]
}

// readOn reads a block's rest or what stands before the next one, for nothing but how
// much is decoded. A bug that panics in it is corrupt data too.
func (c *cursor) readOn(b []byte) (err error) {
	defer panics.Handle(func(*panics.Panic) { err = ErrCorrupt })
	switch c.state {
	case inBlock:
		_, _, err = c.reach(b, c.start, math.MaxInt)
		return err
	case inStored:
		if len(c.stored(b, c.left)) == 0 && c.state == inStored {
			return errMore
		}
		return nil
	}
	return c.move(b)
}
