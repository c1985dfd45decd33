//go:build !race

package endure

const (
	shadow = 1
	fewer  = 1
)
