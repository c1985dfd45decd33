//go:build linux || darwin || freebsd

package disk

import (
	"io/fs"
	"syscall"
)

// Free returns how many bytes an ordinary user may still write to the
// disk that holds the path.
func Free(path string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return 0, err
	}
	return uint64(max(int64(fs.Bavail), 0)) * uint64(fs.Bsize), nil
}

// allocated returns how many bytes a file takes on its disk.
func allocated(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Blocks) * 512 // of this size on each of these systems
	}
	return uint64(info.Size())
}
