// Package debian finds and runs programs of Debian's, installed or unpacked by
// scripts/setup, for one test.
package debian

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Unpacked returns the directory into which scripts/setup has unpacked a
// package. The test fails unless there is a certain file in it.
func Unpacked(t testing.TB, name, file string) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	dir := filepath.Join(filepath.Dir(here), "../../.cache/debian", name)
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		t.Fatalf("found no %s: run scripts/setup (%v)", name, err)
	}
	return dir
}

// Installed returns the path of a program, where one is installed: in PATH, or
// among those for root, whose names may have the version at their end.
func Installed(name string) (path string, ok bool) {
	if path, err := exec.LookPath(name); err == nil {
		return path, true
	}
	for _, pattern := range []string{name, name + "[0-9]*"} {
		if found, err := filepath.Glob(filepath.Join("/usr/sbin", pattern)); err == nil && len(found) > 0 {
			return found[len(found)-1], true
		}
	}
	return "", false
}
