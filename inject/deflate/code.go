package deflate

import (
	"cmp"
	"slices"
)

// code is what a block's tokens are written with.
type code struct {
	lits  [numLitLen]word
	dists [numDist]word
}

func (k *code) init(b *block) {
	canonical(k.lits[:], b.litLen())
	canonical(k.dists[:], b.dist())
}

// cost returns how many bits the token takes, 0 where the code has no word for it.
func (k *code) cost(t token) int {
	if t&isMatch == 0 {
		return int(k.lits[t].n)
	}
	l, d := lengthSym[t.length()], distSym(t.dist())
	a, b := int(k.lits[l].n), int(k.dists[d].n)
	if a == 0 || b == 0 {
		return 0
	}
	return a + b + int(lengthExtra[l-firstLength].bits) + int(distExtra[d].bits)
}

// costs returns how many bits tokens take, and false where the code has no word
// for one of them.
func (k *code) costs(tokens []token) (int, bool) {
	sum := 0
	for _, t := range tokens {
		n := k.cost(t)
		if n == 0 {
			return 0, false
		}
		sum += n
	}
	return sum, true
}

// tokens writes tokens.
func (w *bitWriter) tokens(k *code, tokens []token) {
	for _, t := range tokens {
		if t&isMatch == 0 {
			c := k.lits[t]
			w.put(uint64(c.bits), uint(c.n))
			continue
		}
		length, dist := t.length(), t.dist()
		l, d := lengthSym[length], distSym(dist)
		c, x := k.lits[l], lengthExtra[l-firstLength]
		v, n := uint64(c.bits), uint(c.n)
		v |= uint64(length-int(x.base)) << n
		n += uint(x.bits)
		c, x = k.dists[d], distExtra[d]
		v |= uint64(c.bits) << n
		n += uint(c.n)
		v |= uint64(dist-int(x.base)) << n
		n += uint(x.bits)
		w.put(v, n)
	}
}

func (w *bitWriter) end(k *code) { w.put(uint64(k.lits[endOfBlock].bits), uint(k.lits[endOfBlock].n)) }

// counts are how often each symbol is used.
type counts struct {
	lits  [numLitLen]uint32
	dists [numDist]uint32
}

func (f *counts) count(tokens []token) {
	*f = counts{}
	for _, t := range tokens {
		if t&isMatch == 0 {
			f.lits[t]++
			continue
		}
		f.lits[lengthSym[t.length()]]++
		f.dists[distSym(t.dist())]++
	}
	f.lits[endOfBlock]++
}

// bits returns how many bits the symbols take, those that are added included.
func (f *counts) bits(b *block) int {
	sum := 0
	for i, n := range b.litLen() {
		c := int(f.lits[i])
		sum += c * int(n)
		if i >= firstLength && i <= lastLitLen {
			sum += c * int(lengthExtra[i-firstLength].bits)
		}
	}
	for i, n := range b.dist() {
		c := int(f.dists[i])
		sum += c * int(n)
		if i <= lastDist {
			sum += c * int(distExtra[i].bits)
		}
	}
	return sum
}

// best sets the lengths that fit the symbols best.
func (f *counts) best(b *block) {
	*b = block{}
	huffman(b.litLen(), f.lits[:], maxBits)
	huffman(b.dist(), f.dists[:], maxBits)
}

// huffman sets the lengths of the words of an optimal code, and nearly so where
// words would be longer than limit. Even for fewer symbols than two, two have
// words: some decoders want the code complete.
func huffman(lengths []uint8, freq []uint32, limit int) {
	type leaf struct {
		sym  uint16
		freq uint32
	}
	var buf [numLitLen]leaf
	leaves := buf[:0]
	clear(lengths)
	for i, n := range freq {
		if n > 0 {
			leaves = append(leaves, leaf{uint16(i), n})
		}
	}
	for i := 0; len(leaves) < 2; i++ {
		if freq[i] == 0 {
			leaves = append(leaves, leaf{uint16(i), 0})
		}
	}
	slices.SortFunc(leaves, func(a, b leaf) int {
		return cmp.Or(cmp.Compare(a.freq, b.freq), cmp.Compare(a.sym, b.sym))
	})
	// The tree's inner nodes, made in the order of their weights, so that the
	// two lightest are always the first of two queues.
	n := len(leaves)
	var weight [numLitLen]uint32
	var parent [numLitLen]int16
	leafAt, nodeAt := 0, 0
	for k := range n - 1 {
		for range 2 {
			if leafAt < n && (nodeAt == k || leaves[leafAt].freq <= weight[nodeAt]) {
				weight[k] += leaves[leafAt].freq
				leafAt++
			} else {
				weight[k] += weight[nodeAt]
				parent[nodeAt] = int16(k)
				nodeAt++
			}
		}
	}
	// Each inner node makes two words of one. Where they would be too long,
	// another word is split in its place, the longest that can be.
	var count [maxBits + 2]int
	var depth [numLitLen]uint8
	count[1] = 2
	for k := n - 3; k >= 0; k-- {
		d := int(depth[parent[k]]) + 1
		depth[k] = uint8(min(d, 100))
		if d >= limit {
			d = limit - 1
			for count[d] == 0 {
				d--
			}
		}
		count[d]--
		count[d+1] += 2
	}
	i := 0
	for l := limit; l > 0; l-- {
		for range count[l] {
			lengths[leaves[i].sym] = uint8(l)
			i++
		}
	}
}
