package directory

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
)

// RemoveEmpty removes logs without a byte: the engine empties a log before it
// deletes it, and does not open again where a crash came in between.
func RemoveEmpty(dir string) error {
	var errs []error
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		errs = append(errs, err)
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Size() == 0 {
				errs = append(errs, os.Remove(name))
			}
		}
	}
	return errors.Join(errs...)
}

// RepairDiscards has the engine begin its count of what is deleted in the value
// log anew where the file is cut off: it writes that through a memory map. The
// count is no more than advice on what to clean.
func RepairDiscards(dir string, log *slog.Logger) error {
	name := filepath.Join(dir, "DISCARD")
	info, err := os.Stat(name)
	if err != nil || info.Size() == 0 || info.Size() >= DiscardSize {
		return nil
	}
	log.Warn("beginning the count of deleted values anew: its file was cut off; no message is concerned", "file", name)
	return os.Truncate(name, 0)
}

// DiscardSize is the size of that file, which only grows.
const DiscardSize = 1 << 20
