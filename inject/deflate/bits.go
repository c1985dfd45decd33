package deflate

import "encoding/binary"

// load returns the bits of b from bit position pos on, 57 of them at least;
// past the end they are zero.
func load(b []byte, pos int) uint64 {
	i := pos >> 3
	if i+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[i:]) >> (pos & 7)
	}
	var v uint64
	for k := 0; i+k < len(b); k++ {
		v |= uint64(b[i+k]) << (8 * k)
	}
	return v >> (pos & 7)
}

// bitWriter appends bits to bytes.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint // bits in acc, fewer than eight between calls
}

// put appends the lowest n bits of v, 56 at most. The others have to be zero.
func (w *bitWriter) put(v uint64, n uint) {
	w.acc |= v << w.n
	w.n += n
	if w.n >= 8 {
		k := w.n >> 3
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], w.acc)
		w.out = append(w.out, b[:k]...)
		w.acc >>= 8 * k
		w.n &= 7
	}
}

// align fills the byte up with zeros.
func (w *bitWriter) align() {
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
}

// copy appends the bits of b from one bit position to another.
func (w *bitWriter) copy(b []byte, from, to int) {
	if w.n == uint(from&7) && to-from >= 8 {
		if from&7 != 0 {
			k := 8 - from&7
			w.put(load(b, from)&(1<<k-1), uint(k))
			from += k
		}
		w.out = append(w.out, b[from>>3:to>>3]...)
		from = to &^ 7
	}
	for from < to {
		k := min(to-from, 56)
		w.put(load(b, from)&(1<<k-1), uint(k))
		from += k
	}
}
