//go:build race

package endure

// shadow is how many times as much memory a process has with the race detector.
const shadow = 8
