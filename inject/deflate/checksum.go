package deflate

import (
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"

	"github.com/parley-chat/parley/internal/panics"
)

// crcPoly is the polynomial of CRC-32, its bits reversed.
const crcPoly = 0xedb88320

// crcMultiply multiplies two polynomials modulo that one.
func crcMultiply(a, b uint32) uint32 {
	var p uint32
	for m := uint32(1 << 31); ; m >>= 1 {
		if a&m != 0 {
			p ^= b
			if a&(m-1) == 0 {
				return p
			}
		}
		if b&1 != 0 {
			b = b>>1 ^ crcPoly
		} else {
			b >>= 1
		}
	}
}

// crcPowers holds x to the power of 2^n.
var crcPowers = func() (t [32]uint32) {
	p := uint32(1 << 30)
	for i := range t {
		t[i] = p
		p = crcMultiply(p, p)
	}
	return t
}()

// crcShift returns what becomes of a difference between two CRC-32 sums when n
// bytes follow, the same for both.
func crcShift(diff, n uint32) uint32 {
	if diff == 0 {
		return 0
	}
	p := uint32(1 << 31)
	for k := 3; n != 0; k, n = k+1, n>>1 {
		if n&1 != 0 {
			p = crcMultiply(crcPowers[k&31], p)
		}
	}
	return crcMultiply(p, diff)
}

// crcInsert returns the CRC-32 sum of a text of size bytes (modulo 2^32) with
// sum after tag was inserted behind prefix. A wrong sum stays wrong.
func crcInsert(sum, size uint32, prefix, tag []byte) uint32 {
	before := crc32.ChecksumIEEE(prefix)
	with := crc32.Update(before, crc32.IEEETable, tag)
	return sum ^ crcShift(before^with, size-uint32(len(prefix)))
}

// adlerInsert does the same for Adler-32; after is how many bytes follow.
func adlerInsert(sum uint32, after uint64, prefix, tag []byte) uint32 {
	const mod = 65521
	before := adler32.Checksum(prefix)
	h := adler32.New()
	_, _ = h.Write(prefix)
	_, _ = h.Write(tag)
	with := h.Sum32()
	low := (with&0xffff + mod - before&0xffff) % mod
	high := (with>>16 + mod - before>>16) % mod
	a := (sum&0xffff + low) % mod
	b := (uint64(sum>>16) + uint64(high) + after%mod*uint64(low)) % mod
	return uint32(b)<<16 | a
}

// trailer writes the trailer at the beginning of buf, completed by the tag.
func (s *Splicer) trailer() {
	n := s.cur.format.trailerLen()
	s.complete(s.buf[:n])
	s.w.out = append(s.w.out, s.buf[:n]...)
	s.drop(n)
}

// complete completes a trailer by the tag.
func (s *Splicer) complete(b []byte) {
	defer panics.Handle(func(*panics.Panic) {}) // then the checksum is the one that came
	c := &s.cur
	prefix := s.hist[c.start:s.place]
	switch c.format {
	case Gzip:
		sum, size := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		binary.LittleEndian.PutUint32(b, crcInsert(sum, size, prefix, s.tag))
		binary.LittleEndian.PutUint32(b[4:], size+uint32(len(s.tag)))
	case Zlib:
		sum := binary.BigEndian.Uint32(b)
		binary.BigEndian.PutUint32(b, adlerInsert(sum, uint64(c.out-s.place), prefix, s.tag))
	}
}
