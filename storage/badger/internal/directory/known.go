package directory

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4/y"

	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// KnownFile has what the store was known to be: what it must still be when it
// is opened again.
const KnownFile = "KNOWN"

// Known is the content of that file.
type Known struct {
	// Directory has the files that are named, as in CURRENT; "." for the
	// store's own.
	Directory string `json:"directory"`
	// Commit was the last one, and from From on each has its record layout.CommitKey.
	Commit uint64 `json:"commit"`
	From   uint64 `json:"from"`
	// Tables and Logs are those that counted, by what tells them from others.
	Tables []KnownTable `json:"tables"`
	Logs   []KnownLog   `json:"logs"`
}

// KnownTable is what tells a table from others: its number, its size in bytes and
// the checksum of its index.
type KnownTable struct {
	ID   uint64 `json:"id"`
	Size int64  `json:"size"`
	Sum  uint64 `json:"sum"`
}

// KnownLog is what tells a file of the value log from others: its first bytes, in
// hexadecimal.
type KnownLog struct {
	Name   string `json:"name"`
	Header string `json:"header"`
}

// readKnown returns what was known, or nil: a store may have been made by an
// older version, and a file that a crash has cut off is no reason not to open.
func readKnown(path string) (*Known, error) {
	b, err := disk.ReadSmall(filepath.Join(path, KnownFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, sum, _ := bytes.Cut(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
	var k Known
	if string(sum) != sumLine(text) || json.Unmarshal(text, &k) != nil {
		return nil, fmt.Errorf("the file %s is not as it was written", KnownFile)
	}
	return &k, nil
}

func sumLine(text []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(text, y.CastagnoliCrcTable))
}

// Write replaces the file as a whole.
func (k *Known) Write(path string) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	next := filepath.Join(path, KnownFile+".next")
	if err := disk.WriteSynced(next, string(text)+"\n"+sumLine(text)+"\n"); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(path, KnownFile))
}

// Relative is a directory of the files, as Known names it.
func Relative(path, dir string) string {
	if name, err := filepath.Rel(path, dir); err == nil {
		return name
	}
	return dir
}

// LogHeaders returns what tells the files of the value log from others.
func LogHeaders(dir string) ([]KnownLog, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.vlog"))
	if err != nil {
		return nil, err
	}
	var logs []KnownLog
	for _, name := range names {
		header := make([]byte, LogHeader)
		f, err := os.Open(name)
		if err != nil {
			continue // deleted meanwhile
		}
		_, err = f.ReadAt(header, 0)
		_ = f.Close() // it was only read
		if err == nil {
			logs = append(logs, KnownLog{filepath.Base(name), hex.EncodeToString(header)})
		}
	}
	return logs, nil
}
