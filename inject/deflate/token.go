package deflate

import "math/bits"

// Bounds of a match.
const (
	minMatch = 3
	maxMatch = 258
	window   = 32 << 10 // the largest distance
)

// token is a literal, or a match: its length and its distance.
type token uint32

const isMatch = 1 << 31

func literal(c byte) token { return token(c) }

func match(length, dist int) token {
	return token(isMatch | uint32(length)<<16 | uint32(dist-1))
}

func (t token) length() int { return int(t>>16) & 0x1ff }
func (t token) dist() int   { return int(t&0x7fff) + 1 }

// size is how many bytes the token stands for.
func (t token) size() int {
	if t&isMatch != 0 {
		return t.length()
	}
	return 1
}

// extra is a symbol's first value and how many bits are added to it.
type extra struct {
	base uint16
	bits uint8
}

var (
	lengthExtra, lengthSym = lengths()
	distExtra              = distances()
)

func lengths() (lengthExtra [lastLitLen - firstLength + 1]extra, lengthSym [maxMatch + 1]uint16) {
	next := uint16(minMatch)
	for i := range lengthExtra {
		n := 0
		if i >= 8 && i < len(lengthExtra)-1 {
			n = i/4 - 1
		}
		if i == len(lengthExtra)-1 {
			next = maxMatch
		}
		lengthExtra[i] = extra{next, uint8(n)}
		for k := range 1 << n {
			if l := int(next) + k; l <= maxMatch {
				lengthSym[l] = uint16(firstLength + i)
			}
		}
		next += 1 << n
	}
	return lengthExtra, lengthSym
}

func distances() (distExtra [lastDist + 1]extra) {
	next := uint16(1)
	for i := range distExtra {
		n := max(i/2-1, 0)
		distExtra[i] = extra{next, uint8(n)}
		next += 1 << n
	}
	return distExtra
}

// distSym returns the symbol of a distance.
func distSym(dist int) int {
	d := uint(dist - 1)
	if d < 4 {
		return int(d)
	}
	n := bits.Len(d) - 2
	return 2*n + int(d>>n)
}
