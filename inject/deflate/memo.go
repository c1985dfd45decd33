package deflate

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"
)

// Bounds of a Memo.
const (
	memoSlots  = 64       // beginnings that are remembered at most
	memoSeen   = 1 << 10  // beginnings that were met, by their hashes
	memoLen    = 16 << 10 // of a beginning, in compressed bytes; a bit more than it is mostly
	memoPrefix = 512      // what tells most beginnings apart
)

// Memo remembers what became of the beginnings of streams, from the first byte to
// where they pass as they are. A page that is the same for all is sent again and
// again, and to read its tokens is most of the cost of a splice. What is
// remembered is used only for a stream that begins with the very same bytes, a
// beginning is remembered when it comes a second time, and all of it takes 2 MB
// at most.
//
// The zero value is ready for use, by several goroutines.
type Memo struct {
	slots [memoSlots]atomic.Pointer[spliced]
	seen  [memoSeen]atomic.Uint64
}

var memoSeed = maphash.MakeSeed()

// spliced is a beginning with a tag put into it.
type spliced struct {
	format Format
	place  int
	tag    []byte
	in     []byte
	out    []byte

	// What comes next.
	phase   phase
	decoded int
}

// Use sets the memo to look in and to add to. It is called between Reset and
// Insert; without it nothing is remembered.
func (s *Splicer) Use(m *Memo) { s.memo = m }

// slot is where a beginning like that of s would be remembered.
func (m *Memo) slot(s *Splicer) *atomic.Pointer[spliced] {
	var h maphash.Hash
	h.SetSeed(memoSeed)
	_, _ = h.Write(s.tag)
	_, _ = h.Write(s.buf[:min(len(s.buf), memoPrefix)])
	return &m.slots[h.Sum64()%memoSlots]
}

// recall goes on behind the beginning if that is remembered. Else it looks
// whether it can be.
func (s *Splicer) recall() bool {
	if s.memo == nil || len(s.buf) != s.came {
		return false
	}
	m := s.memo.slot(s).Load()
	if m == nil || m.format != s.cur.format || m.place != s.place || !bytes.Equal(m.tag, s.tag) || !bytes.HasPrefix(s.buf, m.in) {
		s.memoize = true
		return false
	}
	s.w.out = append(s.w.out, m.out...)
	s.w.acc, s.w.n = 0, 0
	s.phase = m.phase
	s.cur.out, s.cur.start = m.decoded, 0
	s.drop(len(m.in))
	return true
}

// remember is called when the beginning ends before byte n of buf, and phase says
// how it goes on.
func (s *Splicer) remember(n int) {
	if !s.memoize || n > memoLen || s.cur.start != 0 || s.w.n != 0 {
		return
	}
	s.memoize = false
	var h maphash.Hash
	h.SetSeed(memoSeed)
	_, _ = h.Write(s.tag)
	_, _ = h.Write(s.buf[:n])
	sum := h.Sum64()
	if seen := &s.memo.seen[sum%memoSeen]; seen.Swap(sum) != sum {
		return
	}
	s.memo.slot(s).Store(&spliced{
		format: s.cur.format, place: s.place, tag: bytes.Clone(s.tag),
		in: bytes.Clone(s.buf[:n]), out: bytes.Clone(s.w.out),
		phase: s.phase, decoded: s.cur.out,
	})
}
