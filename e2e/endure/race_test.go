//go:build race

package endure

// shadow is how many times as much memory a process has with the race detector.
const shadow = 8

// fewer is by how much less a flood sends with the race detector, since each
// request takes so much longer: some ten times. What may remain of it is less in
// the same measure.
const fewer = 4
