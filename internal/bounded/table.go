// Package bounded has the one table of the product whose size is bounded
// whatever strangers put into it.
package bounded

import "iter"

// Table is a map of at most Max entries. When one more comes, the oldest goes:
// the one that was put longest ago. The zero value with Max set is ready to use.
// It is not safe for concurrent use: its owner has a lock.
//
// The owner of each table says beside it what an entry costs in memory and what
// it means that one is forgotten. It must never open anything to anybody: where
// a forgotten entry held something shut, Forgotten has to shut it in another
// way, for more people if need be.
type Table[K comparable, V any] struct {
	// Max is how many entries there may be; at least 1.
	Max int
	// MaxWeight bounds the sum of what Weight says of each entry, when an
	// entry is put. Zero means no such bound.
	MaxWeight int
	Weight    func(K, V) int
	// Pinned reports whether an entry may not be forgotten yet, such as one
	// of something under way; nil means that each may be. Pinned entries may
	// exceed the bounds, so something else must bound them.
	Pinned func(K, V) bool
	// Forgotten is called with each entry that goes because others came. It
	// must not change the table. It may be nil.
	Forgotten func(K, V)

	entries map[K]*entry[K, V]
	order   entry[K, V] // the ring's root: order.next is the oldest
	weight  int
}

type entry[K comparable, V any] struct {
	key        K
	value      V
	weight     int
	prev, next *entry[K, V]
}

// Get returns the value of a key. It does not make the entry any younger.
func (t *Table[K, V]) Get(k K) (V, bool) {
	e := t.entries[k]
	if e == nil {
		var none V
		return none, false
	}
	return e.value, true
}

// Put sets the value of a key, which makes the entry the youngest, and then
// forgets as many of the oldest as have no room. The entry put is kept, also
// where it is heavier than all may be together.
func (t *Table[K, V]) Put(k K, v V) {
	if t.entries == nil {
		t.entries = map[K]*entry[K, V]{}
		t.order.prev, t.order.next = &t.order, &t.order
	}
	e := t.entries[k]
	if e == nil {
		e = &entry[K, V]{key: k}
		t.entries[k] = e
	} else {
		t.unlink(e)
	}
	e.value = v
	if t.Weight != nil {
		e.weight = t.Weight(k, v)
	}
	t.weight += e.weight
	e.prev, e.next = t.order.prev, &t.order
	e.prev.next, e.next.prev = e, e
	t.evict(e)
}

// evict forgets the oldest until the bounds hold, but never what was just put.
func (t *Table[K, V]) evict(young *entry[K, V]) {
	for e := t.order.next; e != young && t.full(); {
		next := e.next
		if t.Pinned == nil || !t.Pinned(e.key, e.value) {
			t.remove(e)
			if t.Forgotten != nil {
				t.Forgotten(e.key, e.value)
			}
		}
		e = next
	}
}

func (t *Table[K, V]) full() bool {
	return len(t.entries) > t.Max || t.MaxWeight > 0 && t.weight > t.MaxWeight
}

// Delete removes an entry, if there is one, without calling Forgotten.
func (t *Table[K, V]) Delete(k K) {
	if e := t.entries[k]; e != nil {
		t.remove(e)
	}
}

// Clear removes all entries without calling Forgotten.
func (t *Table[K, V]) Clear() {
	t.entries, t.weight = nil, 0
	t.order.prev, t.order.next = nil, nil
}

func (t *Table[K, V]) remove(e *entry[K, V]) {
	t.unlink(e)
	delete(t.entries, e.key)
}

func (t *Table[K, V]) unlink(e *entry[K, V]) {
	e.prev.next, e.next.prev = e.next, e.prev
	t.weight -= e.weight
}

// Len is how many entries there are.
func (t *Table[K, V]) Len() int { return len(t.entries) }

// TotalWeight is the sum of what Weight said of the entries.
func (t *Table[K, V]) TotalWeight() int { return t.weight }

// All goes through the entries, the oldest first. The loop may delete the entry
// that it is at, and no other.
func (t *Table[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if t.entries == nil {
			return
		}
		for e := t.order.next; e != &t.order; {
			next := e.next
			if !yield(e.key, e.value) || t.entries == nil {
				return
			}
			e = next
		}
	}
}
