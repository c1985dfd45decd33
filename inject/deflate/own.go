package deflate

// fixedBlock has the fixed codes.
var fixedBlock = func() (b block) {
	fixedLengths(&b)
	return b
}()

var fixedCode = func() (k code) {
	k.init(&fixedBlock)
	return k
}()

// fewTokens are those of a tag alone: they have the fixed code, since another
// would hardly make up for its header.
const fewTokens = 96

// writeOwn writes tokens in a block of their own.
func (s *Splicer) writeOwn(tokens []token, final bool) { s.writeOwnTo(tokens, final, 0, false) }

// writeOwnTo does the same, and, if that is asked for, writes empty blocks so
// that the next bit is at position phase in its byte.
func (s *Splicer) writeOwnTo(tokens []token, final bool, phase uint, aligned bool) {
	if len(tokens) <= fewTokens {
		s.w.begin(final, 1)
		s.w.tokens(&fixedCode, tokens)
		s.w.end(&fixedCode)
	} else {
		s.writeDynamic(tokens, final, phase, aligned)
	}
	if aligned {
		s.w.shift(phase)
	}
}

// writeDynamic writes tokens in a block with the code that suits them best, if
// with its header that is shorter than with the fixed one.
func (s *Splicer) writeDynamic(tokens []token, final bool, phase uint, aligned bool) {
	var f counts
	f.count(tokens)
	var own block
	f.best(&own)
	var runs [lastLitLen + 1 + lastDist + 1]run
	var h header
	h.init(&own, runs[:0])
	k := &fixedCode
	size := f.bits(&own)
	if fixed := 3 + f.bits(&fixedBlock); fixed <= h.size+size {
		s.w.begin(final, 1)
	} else {
		if aligned && (s.w.n+uint(h.size+size)-phase)&1 != 0 {
			h.pad()
		}
		k = new(code)
		k.init(&own)
		s.w.header(&h, final)
	}
	s.w.tokens(k, tokens)
	s.w.end(k)
}

// stored writes the beginning of a block of n bytes as they are.
func (w *bitWriter) stored(final bool, n int) {
	w.begin(final, 0)
	w.align()
	w.put(uint64(n)|uint64(n^0xffff)<<16, 32)
}
