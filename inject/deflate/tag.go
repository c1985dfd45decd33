package deflate

// tagReach is how far before the place the tag's words are looked for.
const tagReach = 1 << 10

// appendTag appends the tokens of the tag, which stands behind prefix.
func appendTag(dst []token, prefix, tag []byte) []token {
	const minUse = 4
	prefix = prefix[max(0, len(prefix)-tagReach):]
	var last [1 << 9]uint16 // where four bytes with that hash were last, and one more
	text := append(append(make([]byte, 0, tagReach+512), prefix...), tag...)
	hash := func(i int) uint32 {
		v := uint32(text[i]) | uint32(text[i+1])<<8 | uint32(text[i+2])<<16 | uint32(text[i+3])<<24
		return v * 0x9e3779b1 >> (32 - 9)
	}
	i := 0
	for i+minUse <= len(text) {
		h := hash(i)
		cand := int(last[h]) - 1
		last[h] = uint16(i + 1)
		if i < len(prefix) {
			i++
			continue
		}
		n := 0
		if cand >= 0 {
			for n < maxMatch && i+n < len(text) && text[cand+n] == text[i+n] {
				n++
			}
		}
		if n < minUse {
			dst = append(dst, literal(text[i]))
			i++
			continue
		}
		dst = append(dst, match(n, i-cand))
		for end := i + n; i < end; i++ {
			if i+minUse <= len(text) {
				last[hash(i)] = uint16(i + 1)
			}
		}
	}
	for i = max(i, len(prefix)); i < len(text); i++ {
		dst = append(dst, literal(text[i]))
	}
	return dst
}
