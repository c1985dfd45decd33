package service

import (
	"hash/maphash"
	"sync"
)

// locks makes decisions about one session, or about one browser that has none
// yet, one after the other: parallel answers to one browser must agree.
type locks struct {
	once    sync.Once
	seed    maphash.Seed
	stripes [256]sync.Mutex
}

// lock waits for its turn with a key and returns the function that ends it.
// Nobody may hold two.
func (l *locks) lock(key string) func() {
	l.once.Do(func() { l.seed = maphash.MakeSeed() })
	m := &l.stripes[maphash.String(l.seed, key)%uint64(len(l.stripes))]
	m.Lock()
	return m.Unlock
}
