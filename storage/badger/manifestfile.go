package badger

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

// tableList is what the file MANIFEST says of the tables.
type tableList struct {
	live    map[uint64]uint64 // the number of each one's encryption key
	deleted map[uint64]bool
	// rewritten tells that what was deleted before is not in it any more.
	rewritten bool
}

// readManifest reads it as the engine does. A last entry that is cut off is
// what a crash leaves, and was never acknowledged.
func readManifest(dir string) (*tableList, error) {
	b, err := os.ReadFile(filepath.Join(dir, engine.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoManifest
	}
	if err != nil {
		return nil, err
	}
	if len(b) < 8 || string(b[:8]) != "Bdgr\x00\x00\x00\x08" {
		return nil, badTable("its first bytes are none of a MANIFEST")
	}
	l := &tableList{live: map[uint64]uint64{}, deleted: map[uint64]bool{}}
	for at, first := 8, true; len(b)-at >= 8; first = false {
		n := int(binary.BigEndian.Uint32(b[at:]))
		if n > len(b) {
			return nil, badTable("an entry at %d gives a length of %d", at, n)
		}
		if n > len(b)-at-8 {
			break
		}
		entry := b[at+8 : at+8+n]
		if crc32.Checksum(entry, y.CastagnoliCrcTable) != binary.BigEndian.Uint32(b[at+4:]) {
			return nil, badTable("the entry at %d has another checksum", at)
		}
		var set pb.ManifestChangeSet
		if err := proto.Unmarshal(entry, &set); err != nil {
			return nil, badTable("the entry at %d can't be read", at)
		}
		l.rewritten = l.rewritten || first && len(set.Changes) > 0
		for _, c := range set.Changes {
			if c.Op == pb.ManifestChange_CREATE {
				l.live[c.Id] = c.KeyId
				continue
			}
			delete(l.live, c.Id)
			l.deleted[c.Id] = true
		}
		at += 8 + n
	}
	return l, nil
}

// errNoManifest: the list of the tables is not there.
var errNoManifest = fmt.Errorf("%s is missing: %w", engine.ManifestFilename, fs.ErrNotExist)

func tableName(id uint64) string { return fmt.Sprintf("%06d.sst", id) }
