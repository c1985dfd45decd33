//go:build !race

package endure

const shadow = 1
