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

// entry is what a decoder says of a word: how long it is, what it stands for and
// how many bits follow that are added to it.
type entry uint32

const (
	entryLiteral entry = 1 << 8 // a literal
	entrySpecial entry = 1 << 9 // the end of a block, or a symbol that may not be
)

// bits is the word's length, 0 where it is not in the table or none.
func (e entry) bits() uint { return uint(e & 15) }

// extra is how many bits follow that belong to the value.
func (e entry) extra() uint { return uint(e >> 4 & 15) }

// value is a literal, a symbol, or the least length or distance.
func (e entry) value() uint { return uint(e >> 16) }

func entryOf(value uint16, extra uint8, flag entry) entry {
	return entry(value)<<16 | flag | entry(extra)<<4
}

// What symbols stand for, without their words' lengths.
var (
	litLenEntries [numLitLen]entry
	distEntries   [numDist]entry
	plainEntries  [numCodeLen]entry // symbols of the code for lengths
)

func init() {
	for sym := range litLenEntries {
		switch {
		case sym < endOfBlock:
			litLenEntries[sym] = entryOf(uint16(sym), 0, entryLiteral)
		case sym == endOfBlock || sym > lastLitLen:
			litLenEntries[sym] = entryOf(uint16(sym), 0, entrySpecial)
		default:
			x := lengthExtra[sym-firstLength]
			litLenEntries[sym] = entryOf(x.base, x.bits, 0)
		}
	}
	for sym := range distEntries {
		if sym > lastDist {
			distEntries[sym] = entryOf(uint16(sym), 0, entrySpecial)
			continue
		}
		distEntries[sym] = entryOf(distExtra[sym].base, distExtra[sym].bits, 0)
	}
	for sym := range plainEntries {
		plainEntries[sym] = entryOf(uint16(sym), 0, 0)
	}
}

// decoder decodes a canonical Huffman code.
type decoder struct {
	table   [1 << tableBits]entry
	count   [maxBits + 1]uint16
	symbols [numLitLen]uint16
}

// init builds the tables from the words' lengths and what the symbols stand for.
// It reports false where they make no code: more words than there is room for,
// or fewer, unless it is one word of one bit or none at all.
func (d *decoder) init(lengths []uint8, entries []entry) bool {
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
		if n <= tableBits {
			e := entries[sym] | entry(n)
			for i := int(word); i < len(d.table); i += 1 << n {
				d.table[i] = e
			}
		} else {
			d.table[word&(1<<tableBits-1)] = 0
		}
	}
	return true
}

// decode decodes the word that v begins with. Its length is 0 where there is
// none.
func (d *decoder) decode(v uint64, entries []entry) entry {
	if e := d.table[v&(1<<tableBits-1)]; e.bits() != 0 {
		return e
	}
	var code, first, index int
	for n := 1; n <= maxBits; n++ {
		code |= int(v & 1)
		v >>= 1
		count := int(d.count[n])
		if code-count < first {
			return entries[d.symbols[index+code-first]] | entry(n)
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0
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
