package csp

import "strings"

// The directives that matter to the script.
const (
	dirScriptElem = iota
	dirScript
	dirDefault
	dirConnect
	dirImage
	dirSandbox
	dirTrustedTypes
	dirCount
)

var dirNames = [dirCount]string{"script-src-elem", "script-src", "default-src", "connect-src", "img-src", "sandbox", "trusted-types"}

// span is where a directive's value lies in the header value, without the
// space around it.
type span struct {
	lo, hi int
	set    bool
}

// policy is one serialized policy (CSP3, 2.2) by the places of its directives
// in the header value. The text itself is kept, so whatever is not understood
// survives an edit byte for byte.
type policy struct {
	dirs [dirCount]span
	end  int // where the policy ends, without trailing space
}

// parsePolicy reads the policy that begins at v[lo], and returns where the next
// one begins; that is past len(v) after the last.
func parsePolicy(v string, lo int) (p policy, next int) {
	hi := len(v)
	if i := strings.IndexByte(v[lo:], ','); i >= 0 {
		hi = lo + i
	}
	next = hi + 1
	p.end = trimRight(v, lo, hi)
	for lo < hi {
		end := hi
		if i := strings.IndexByte(v[lo:hi], ';'); i >= 0 {
			end = lo + i
		}
		a, z := trimLeft(v, lo, end), trimRight(v, lo, end)
		lo = end + 1
		if a >= z {
			continue
		}
		n := a
		for n < z && !isSpace(v[n]) {
			n++
		}
		// Of directives with the same name the first counts (CSP3, 2.2.1).
		if d := dirIndex(v[a:n]); d >= 0 && !p.dirs[d].set {
			p.dirs[d] = span{lo: min(trimLeft(v, n, z), z), hi: z, set: true}
		}
	}
	return p, next
}

func dirIndex(name string) int {
	for i, n := range dirNames {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return i
		}
	}
	return -1
}

func (p *policy) value(v string, dir int) (string, bool) {
	s := p.dirs[dir]
	return v[s.lo:s.hi], s.set
}

// scripts returns the list that governs script elements (CSP3, 6.8.3).
func (p *policy) scripts(v string) (list string, dir int, ok bool) {
	return p.first(v, dirScriptElem, dirScript, dirDefault)
}

// connections returns the list that governs fetches and sockets.
func (p *policy) connections(v string) (list string, dir int, ok bool) {
	return p.first(v, dirConnect, dirDefault)
}

// images returns the list that governs pictures, those of style sheets included.
func (p *policy) images(v string) (list string, dir int, ok bool) {
	return p.first(v, dirImage, dirDefault)
}

func (p *policy) first(v string, dirs ...int) (string, int, bool) {
	for _, d := range dirs {
		if s := p.dirs[d]; s.set {
			return v[s.lo:s.hi], d, true
		}
	}
	return "", 0, false
}

func trimLeft(v string, lo, hi int) int {
	for lo < hi && isSpace(v[lo]) {
		lo++
	}
	return lo
}

func trimRight(v string, lo, hi int) int {
	for hi > lo && isSpace(v[hi-1]) {
		hi--
	}
	return hi
}
