package session

import (
	"hash/maphash"
	"sync"
)

// turns makes decisions about one session, or about one browser that has none
// yet, one after the other: parallel answers to one browser must agree.
//
// Several nodes: two nodes may decide at the same time. What they store is then
// appended to the log on condition that nothing came between, and decided anew
// where something did.
type turns struct {
	once    sync.Once
	seed    maphash.Seed
	stripes [256]sync.Mutex
}

// take waits for its turn with a key and returns the function that ends it.
// Nobody may hold two.
func (t *turns) take(key string) (end func()) {
	t.once.Do(func() { t.seed = maphash.MakeSeed() })
	m := &t.stripes[maphash.String(t.seed, key)%uint64(len(t.stripes))]
	m.Lock()
	return m.Unlock
}
