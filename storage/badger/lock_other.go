//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package badger

// lockDirectory leaves the lock to the engine: where files in use can't be
// read, inspecting them fails.
func lockDirectory(string) (unlock func(), err error) { return func() {}, nil }
