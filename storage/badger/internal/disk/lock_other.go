//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package disk

// Lock leaves the lock to the engine: without a lock, inspecting a store in use
// fails.
func Lock(string) (unlock func(), err error) { return func() {}, nil }
