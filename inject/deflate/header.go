package deflate

// header is the codes of a block as they are sent (RFC 1951, 3.2.7).
type header struct {
	lits, dists, codes int
	runs               []run
	code               [numCodeLen]word
	size               int // in bits, with the three that each block begins with
}

// run is a symbol of the code for lengths.
type run struct{ sym, extra, bits uint8 }

// init works out how the lengths are sent; buf backs the result.
func (h *header) init(b *block, buf []run) {
	h.lits, h.dists = lastLitLen+1, lastDist+1
	for h.lits > firstLength && b.litLen()[h.lits-1] == 0 {
		h.lits--
	}
	for h.dists > 1 && b.dist()[h.dists-1] == 0 {
		h.dists--
	}
	var all [lastLitLen + 1 + lastDist + 1]uint8
	n := copy(all[:], b.litLen()[:h.lits])
	n += copy(all[n:], b.dist()[:h.dists])
	h.runs = buf[:0]
	var freq [numCodeLen]uint32
	add := func(r run) {
		h.runs = append(h.runs, r)
		freq[r.sym]++
	}
	for i := 0; i < n; {
		v, k := all[i], 1
		for i+k < n && all[i+k] == v {
			k++
		}
		i += k
		if v != 0 {
			add(run{v, 0, 0})
			k--
		}
		for k >= 3 {
			switch {
			case v != 0:
				m := min(k, 6)
				add(run{16, uint8(m - 3), 2})
				k -= m
			case k > 10:
				m := min(k, 138)
				add(run{18, uint8(m - 11), 7})
				k -= m
			default:
				add(run{17, uint8(k - 3), 3})
				k = 0
			}
		}
		for range k {
			add(run{v, 0, 0})
		}
	}
	var lengths [numCodeLen]uint8
	huffman(lengths[:], freq[:], 7)
	canonical(h.code[:], lengths[:])
	h.codes = numCodeLen
	for h.codes > 4 && lengths[codeOrder[h.codes-1]] == 0 {
		h.codes--
	}
	h.size = 3 + 14 + 3*h.codes
	for _, r := range h.runs {
		h.size += int(h.code[r.sym].n + r.bits)
	}
}

// pad makes the header longer by three bits if it can, which changes nothing
// else.
func (h *header) pad() bool {
	if h.codes == numCodeLen {
		return false
	}
	h.codes++
	h.size += 3
	return true
}

// header writes the beginning of a block with its own codes.
func (w *bitWriter) header(h *header, final bool) {
	w.begin(final, 2)
	w.put(uint64(h.lits-257)|uint64(h.dists-1)<<5|uint64(h.codes-4)<<10, 14)
	for _, sym := range codeOrder[:h.codes] {
		w.put(uint64(h.code[sym].n), 3)
	}
	for _, r := range h.runs {
		c := h.code[r.sym]
		w.put(uint64(c.bits)|uint64(r.extra)<<c.n, uint(c.n+r.bits))
	}
}

// begin writes the bits that each block begins with.
func (w *bitWriter) begin(final bool, kind uint64) {
	v := kind << 1
	if final {
		v |= 1
	}
	w.put(v, 3)
}

// shift writes empty blocks until the next bit is at position phase in its byte.
// Each of the common kind takes ten bits; for an odd difference there is one of
// 97 bits before them.
func (w *bitWriter) shift(phase uint) {
	delta := (phase - w.n) & 7
	if delta&1 != 0 {
		var b block
		b.lengths[endOfBlock-1], b.lengths[endOfBlock] = 1, 1
		var buf [16]run
		var h header
		h.init(&b, buf[:0])
		for h.size&1 != 0 { // its end takes one bit more
			h.pad()
		}
		w.header(&h, false)
		w.put(1, 1)
	}
	for w.n != phase {
		w.put(1<<1, 10)
	}
}
