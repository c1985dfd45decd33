package kv

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/logtest"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
)

// However much damage is found, what is remembered and logged of it is bounded,
// and a store that must not write any more does not.
func TestDamageIsBounded(t *testing.T) {
	var log logtest.Buffer
	s := mustOpenKV(t, directory.Options{Path: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	s.ReportDamage(chat.Damage{File: "000001.sst", What: "a table is damaged"})
	for n := range 3 * maxDamages {
		s.ReportDamage(chat.Damage{What: "it is missing", Records: fmt.Sprint("message ", n)})
	}
	if n := len(s.damages.list()); n > maxDamages {
		t.Errorf("%d are remembered", n)
	}
	if n := strings.Count(log.String(), "the store is damaged"); n > maxDamages+1 {
		t.Errorf("%d are logged", n)
	}
	put := func(tx *Tx) error {
		tx.Put([]byte("key"), database.Record{Value: []byte("value")})
		return nil
	}
	if err := s.Change(t.Context(), put); !errors.Is(err, chat.ErrDamaged) {
		t.Errorf("storing, with a table damaged: %v", err)
	}
}
