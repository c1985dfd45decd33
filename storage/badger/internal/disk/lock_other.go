//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package disk

// Lock leaves the lock to the engine: where files in use can't be
// read, inspecting them fails.
func Lock(string) (unlock func(), err error) { return func() {}, nil }
