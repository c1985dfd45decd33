// Package directory knows a store's directory from outside of the engine: which
// files count, what they must be, and whether they are sound. It reads tables,
// logs and the rest by system calls, so that damage is an error and not the end
// of the process.
package directory
