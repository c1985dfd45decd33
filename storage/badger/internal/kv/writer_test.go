package kv

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/database"
	"github.com/parley-chat/parley/storage/badger/internal/directory"
	"github.com/parley-chat/parley/storage/badger/internal/disk"
)

// mustOpenKV opens a store of records until the test ends.
func mustOpenKV(t *testing.T, o directory.Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), o, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// A job that fails takes nothing with it and leaves nothing behind, in a batch
// or alone; one too big for its batch gets another.
func TestBatch(t *testing.T) {
	s := mustOpenKV(t, directory.Options{Path: t.TempDir()})
	w := &Writer{Store: s, space: disk.Space{Free: func(string) (uint64, error) { return 1 << 40, nil }}}
	refuse := errors.New("no")
	var jobs []*job
	for n := range 60 {
		jobs = append(jobs, &job{ctx: context.Background(), done: make(chan error, 1), run: func(t *Tx) error {
			// Sees those before it that succeeded, also where they were committed apart.
			for i := range n {
				_, err := t.Get([]byte(fmt.Sprint("key-", i)))
				if database.IsNotFound(err) != (i%7 == 3) {
					return fmt.Errorf("job %d: key %d: %w", n, i, err)
				}
			}
			t.Put([]byte(fmt.Sprint("key-", n)), database.Record{Value: make([]byte, 100<<10)})
			if n%7 == 3 {
				return refuse
			}
			return nil
		}})
	}
	huge := &job{ctx: context.Background(), done: make(chan error, 1), run: func(t *Tx) error {
		for n := range 100 {
			t.Put([]byte(fmt.Sprint("huge-", n)), database.Record{Value: make([]byte, 100<<10)})
		}
		return nil
	}}
	w.process(append(jobs, huge))
	for n, j := range jobs {
		if err := <-j.done; (n%7 == 3) != errors.Is(err, refuse) || n%7 != 3 && err != nil {
			t.Errorf("job %d: %v", n, err)
		}
	}
	if err := <-huge.done; !errors.Is(err, ErrTooBig) || !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("the huge one: %v", err)
	}
	if err := s.View(context.Background(), func(r database.Snapshot) error {
		for n := range 60 {
			if _, err := r.Get([]byte(fmt.Sprint("key-", n))); database.IsNotFound(err) != (n%7 == 3) {
				t.Errorf("key %d: %v", n, err)
			}
		}
		if _, err := r.Get([]byte("huge-0")); !database.IsNotFound(err) {
			t.Errorf("the huge one left something: %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.CollectOnce() // and the value log has nothing to complain of
}
