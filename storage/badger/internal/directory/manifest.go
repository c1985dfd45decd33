package directory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	engine "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
	"google.golang.org/protobuf/proto"
)

// Manifest is what the file MANIFEST says of the tables.
type Manifest struct {
	Live    map[uint64]uint64 // the number of each one's encryption key
	Deleted map[uint64]bool
	// Rewritten tells that what was deleted before is not in it any more.
	Rewritten bool
}

// ReadManifest reads it as the engine does. A last entry that is cut off is
// what a crash leaves, and was never acknowledged.
func ReadManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, engine.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoManifest
	}
	if err != nil {
		return nil, err
	}
	if len(b) < 8 || string(b[:8]) != "Bdgr\x00\x00\x00\x08" {
		return nil, BadTable("its first bytes are none of a MANIFEST")
	}
	l := &Manifest{Live: map[uint64]uint64{}, Deleted: map[uint64]bool{}}
	for at, first := 8, true; len(b)-at >= 8; first = false {
		n := int(binary.BigEndian.Uint32(b[at:]))
		if n > len(b) {
			return nil, BadTable("an entry at %d gives a length of %d", at, n)
		}
		if n > len(b)-at-8 {
			break
		}
		entry := b[at+8 : at+8+n]
		if crc32.Checksum(entry, y.CastagnoliCrcTable) != binary.BigEndian.Uint32(b[at+4:]) {
			return nil, BadTable("the entry at %d has another checksum", at)
		}
		var set pb.ManifestChangeSet
		if err := proto.Unmarshal(entry, &set); err != nil {
			return nil, BadTable("the entry at %d can't be read", at)
		}
		l.Rewritten = l.Rewritten || first && len(set.Changes) > 0
		for _, c := range set.Changes {
			if c.Op == pb.ManifestChange_CREATE {
				l.Live[c.Id] = c.KeyId
				continue
			}
			delete(l.Live, c.Id)
			l.Deleted[c.Id] = true
		}
		at += 8 + n
	}
	return l, nil
}

// ErrNoManifest means that the list of the tables is not there.
var ErrNoManifest = fmt.Errorf("%s is missing: %w", engine.ManifestFilename, fs.ErrNotExist)

// TableName is the name of a table's file.
func TableName(id uint64) string { return fmt.Sprintf("%06d.sst", id) }
