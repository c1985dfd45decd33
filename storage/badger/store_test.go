package badger_test

import (
	"context"
	"testing"

	"github.com/parley-chat/parley/chat"
	_ "github.com/parley-chat/parley/internal/timeouts/patient"
	"github.com/parley-chat/parley/storage/badger"
	"github.com/parley-chat/parley/storage/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	for name, key := range map[string][]byte{"plain": nil, "encrypted": []byte("0123456789abcdef0123456789abcdef")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, dir string) chat.Store {
				s, err := badger.Open(context.Background(), badger.Options{Path: dir, EncryptionKey: key})
				if err != nil {
					t.Fatal(err)
				}
				return s
			})
		})
	}
}
