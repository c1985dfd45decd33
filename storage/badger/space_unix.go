//go:build linux || darwin || freebsd

package badger

import "syscall"

// freeBytes returns how many bytes an ordinary user may still write to the
// disk that holds the path.
func freeBytes(path string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return 0, err
	}
	return uint64(max(int64(fs.Bavail), 0)) * uint64(fs.Bsize), nil
}
