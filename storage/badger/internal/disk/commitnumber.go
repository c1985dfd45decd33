package disk

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/dgraph-io/badger/v4/y"
)

// The file PROBE has the number of the last commit that is complete. It is
// written by a system call, and never synced: a crash of the system may leave
// an older number, which is no harm, and never a newer one than the engine has
// synced.
const (
	numberPrefix = "commit "
	numberLen    = len(numberPrefix) + 16 + 1 + 8 + 1
)

// appendCommitNumber appends a commit's number with its checksum.
func appendCommitNumber(b []byte, number uint64) []byte {
	const digits = "0123456789abcdef"
	from := len(b)
	hexadecimal := func(n uint64, size int) {
		for i := size - 1; i >= 0; i-- {
			b = append(b, digits[n>>(4*i)&15])
		}
	}
	b = append(b, numberPrefix...)
	hexadecimal(number, 16)
	sum := crc32.Checksum(b[from:], y.CastagnoliCrcTable)
	b = append(b, ' ')
	hexadecimal(uint64(sum), 8)
	return append(b, '\n')
}

// parseCommitNumber reads what appendCommitNumber has written. A file that is older, or
// was not written to its end, has none.
func parseCommitNumber(b []byte) (uint64, bool) {
	if len(b) < numberLen || !bytes.HasPrefix(b, []byte(numberPrefix)) {
		return 0, false
	}
	number, err := strconv.ParseUint(string(b[len(numberPrefix):len(numberPrefix)+16]), 16, 64)
	if err != nil || !bytes.Equal(b[:numberLen], appendCommitNumber(nil, number)) {
		return 0, false
	}
	return number, true
}

// ReadCommitNumber returns the number in the file PROBE, 0 if it has none.
func ReadCommitNumber(path string) (uint64, error) {
	b, err := ReadSmall(filepath.Join(path, CheckFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	number, _ := parseCommitNumber(b)
	return number, err
}
