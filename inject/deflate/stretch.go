package deflate

import "slices"

// split is a match that may be written as two, the first of them that long.
type split struct{ index, first, diff int }

// maxSplits is how many matches are looked at for one that can be split.
const maxSplits = 256

// stretch makes the tokens longer by a number of bits that is delta modulo
// eight: it splits one match, or two. It reports whether it could.
func (s *Splicer) stretch(k *code, delta int) bool {
	var best [8]split // by what they add modulo eight
	for i, seen := s.before, 0; i < len(s.tokens) && seen < maxSplits; i++ {
		t := s.tokens[i]
		if t&isMatch == 0 || t.length() < 2*minMatch {
			continue
		}
		seen++
		whole := k.cost(t)
		for first := minMatch; first <= min(t.length()-minMatch, 3*minMatch); first++ {
			a, b := k.cost(match(first, t.dist())), k.cost(match(t.length()-first, t.dist()))
			if a == 0 || b == 0 {
				continue
			}
			diff := a + b - whole
			if old := best[diff&7]; old.first == 0 || diff < old.diff {
				best[diff&7] = split{i, first, diff}
			}
		}
	}
	found := best[delta]
	var second split
	cost := found.diff
	for r, a := range best {
		b := best[(delta-r)&7]
		if a.first == 0 || b.first == 0 || a.index <= b.index {
			continue
		}
		if found.first == 0 || a.diff+b.diff < cost {
			found, second, cost = a, b, a.diff+b.diff
		}
	}
	if found.first == 0 {
		return false
	}
	s.split(found)
	if second.first != 0 {
		s.split(second)
	}
	return true
}

func (s *Splicer) split(x split) {
	t := s.tokens[x.index]
	s.tokens[x.index] = match(x.first, t.dist())
	s.tokens = slices.Insert(s.tokens, x.index+1, match(t.length()-x.first, t.dist()))
}
