package deflate

import "math/bits"

// Sizes of deflate's alphabets (RFC 1951, 3.2.5 to 3.2.7).
const (
	maxBits     = 15 // of a code word
	numLitLen   = 288
	numDist     = 32
	numCodeLen  = 19
	endOfBlock  = 256
	firstLength = 257
	lastLitLen  = 285
	lastDist    = 29
)

// tableBits is how many bits are looked up at once; longer words are rare.
const tableBits = 10

// decoder decodes a canonical Huffman code.
type decoder struct {
	table   [1 << tableBits]uint16 // symbol<<4 | length, 0 where the word is longer or none
	count   [maxBits + 1]uint16
	symbols [numLitLen]uint16
}

// init builds the tables from the words' lengths. It reports false where they
// make no code: more words than there is room for, or fewer, unless it is one
// word of one bit or none at all.
func (d *decoder) init(lengths []uint8) bool {
	d.count = [maxBits + 1]uint16{}
	for _, n := range lengths {
		d.count[n]++
	}
	d.count[0] = 0
	var next, first [maxBits + 2]uint16
	left, total := 1, 0
	for n := 1; n <= maxBits; n++ {
		left = left<<1 - int(d.count[n])
		if left < 0 {
			return false
		}
		first[n+1] = (first[n] + d.count[n]) << 1
		next[n+1] = next[n] + d.count[n]
		total += int(d.count[n])
	}
	if left > 0 && (total > 1 || total == 1 && d.count[1] == 0) {
		return false
	}
	if left > 0 {
		clear(d.table[:])
	}
	code := first
	for sym, n := range lengths {
		if n == 0 {
			continue
		}
		d.symbols[next[n]] = uint16(sym)
		next[n]++
		word := bits.Reverse16(code[n]) >> (16 - n)
		code[n]++
		entry := uint16(sym)<<4 | uint16(n)
		if n <= tableBits {
			for i := int(word); i < len(d.table); i += 1 << n {
				d.table[i] = entry
			}
		} else {
			d.table[word&(1<<tableBits-1)] = 0
		}
	}
	return true
}

// long decodes a word that is not in the table. It returns a length of 0 where
// there is none.
func (d *decoder) long(v uint64) (sym, length uint) {
	var code, first, index int
	for n := 1; n <= maxBits; n++ {
		code |= int(v & 1)
		v >>= 1
		count := int(d.count[n])
		if code-count < first {
			return uint(d.symbols[index+code-first]), uint(n)
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, 0
}

// word is a code word with its bits in the order in which they are sent.
type word struct {
	bits uint16
	n    uint8 // 0 where the symbol has none
}

// canonical gives each symbol its word by the words' lengths.
func canonical(words []word, lengths []uint8) {
	var count, next [maxBits + 2]uint16
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	for n := 1; n <= maxBits; n++ {
		next[n+1] = (next[n] + count[n]) << 1
	}
	for sym, n := range lengths {
		words[sym] = word{}
		if n > 0 {
			words[sym] = word{bits.Reverse16(next[n]) >> (16 - n), n}
			next[n]++
		}
	}
	clear(words[len(lengths):])
}
