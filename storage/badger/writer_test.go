package badger

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// mustOpenKV opens a store of records until the test ends.
func mustOpenKV(t *testing.T, o Options) *kvStore {
	t.Helper()
	s, err := openStore(context.Background(), o, hooks{})
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
	s := mustOpenKV(t, Options{Path: t.TempDir()})
	w := &writer{kvStore: s, space: space{free: func(string) (uint64, error) { return 1 << 40, nil }}}
	refuse := errors.New("no")
	var jobs []*job
	for n := range 60 {
		jobs = append(jobs, &job{ctx: context.Background(), done: make(chan error, 1), run: func(t *kvTx) error {
			// Sees those before it that succeeded, also where they were committed apart.
			for i := range n {
				_, err := t.get([]byte(fmt.Sprint("key-", i)))
				if isNotFound(err) != (i%7 == 3) {
					return fmt.Errorf("job %d: key %d: %w", n, i, err)
				}
			}
			t.put([]byte(fmt.Sprint("key-", n)), record{value: make([]byte, 100<<10)})
			if n%7 == 3 {
				return refuse
			}
			return nil
		}})
	}
	huge := &job{ctx: context.Background(), done: make(chan error, 1), run: func(t *kvTx) error {
		for n := range 100 {
			t.put([]byte(fmt.Sprint("huge-", n)), record{value: make([]byte, 100<<10)})
		}
		return nil
	}}
	w.process(append(jobs, huge))
	for n, j := range jobs {
		if err := <-j.done; (n%7 == 3) != errors.Is(err, refuse) || n%7 != 3 && err != nil {
			t.Errorf("job %d: %v", n, err)
		}
	}
	if err := <-huge.done; !errors.Is(err, errTooBig) || !errors.Is(err, chat.ErrUnavailable) {
		t.Errorf("the huge one: %v", err)
	}
	if err := s.view(context.Background(), func(r snapshot) error {
		for n := range 60 {
			if _, err := r.get([]byte(fmt.Sprint("key-", n))); isNotFound(err) != (n%7 == 3) {
				t.Errorf("key %d: %v", n, err)
			}
		}
		if _, err := r.get([]byte("huge-0")); !isNotFound(err) {
			t.Errorf("the huge one left something: %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.collectOnce() // and the value log has nothing to complain of
}
