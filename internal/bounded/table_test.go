package bounded_test

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/bounded"
)

func keys(t *bounded.Table[int, string]) (list []int) {
	for k := range t.All() {
		list = append(list, k)
	}
	return list
}

func TestJunkPushesTheOldestOut(t *testing.T) {
	var forgotten []int
	table := bounded.Table[int, string]{Max: 3, Forgotten: func(k int, _ string) { forgotten = append(forgotten, k) }}
	for k := range 4 {
		table.Put(k, "first")
	}
	table.Put(1, "again") // now the youngest
	table.Put(9, "first")
	if got := keys(&table); !slices.Equal(got, []int{3, 1, 9}) {
		t.Errorf("the table holds %v", got)
	}
	if !slices.Equal(forgotten, []int{0, 2}) {
		t.Errorf("forgotten: %v", forgotten)
	}
	if v, ok := table.Get(1); !ok || v != "again" {
		t.Errorf("the entry put again is %q, %v", v, ok)
	}
	if _, ok := table.Get(0); ok {
		t.Error("the oldest is still there")
	}
	for k := range 100_000 {
		table.Put(k, "junk")
	}
	if table.Len() != 3 {
		t.Errorf("%d entries after a flood", table.Len())
	}
}

func TestPinnedEntriesStay(t *testing.T) {
	pinned := map[int]bool{0: true, 1: true}
	table := bounded.Table[int, string]{Max: 2, Pinned: func(k int, _ string) bool { return pinned[k] }}
	for k := range 4 {
		table.Put(k, "")
	}
	if got := keys(&table); !slices.Equal(got, []int{0, 1, 3}) {
		t.Errorf("the table holds %v", got)
	}
	clear(pinned)
	table.Put(4, "")
	if got := keys(&table); !slices.Equal(got, []int{3, 4}) {
		t.Errorf("once nothing is pinned, the table holds %v", got)
	}
}

func TestWeightBoundsTheSum(t *testing.T) {
	table := bounded.Table[int, string]{Max: 100, MaxWeight: 10, Weight: func(_ int, v string) int { return len(v) }}
	table.Put(1, "12345")
	table.Put(2, "1234")
	table.Put(1, "1") // weighs less than before
	if table.TotalWeight() != 5 || table.Len() != 2 {
		t.Errorf("weight %d of %d entries", table.TotalWeight(), table.Len())
	}
	table.Put(3, "123456789")
	if got := keys(&table); !slices.Equal(got, []int{1, 3}) || table.TotalWeight() != 10 {
		t.Errorf("the table holds %v, weight %d", got, table.TotalWeight())
	}
	table.Put(4, "heavier than all may be") // it is kept, alone
	if got := keys(&table); !slices.Equal(got, []int{4}) {
		t.Errorf("the table holds %v", got)
	}
	table.Delete(4)
	if table.TotalWeight() != 0 || table.Len() != 0 {
		t.Errorf("an empty table weighs %d", table.TotalWeight())
	}
}

func TestAllMayDeleteAsItGoes(t *testing.T) {
	table := bounded.Table[int, string]{Max: 10}
	for range table.All() {
		t.Error("the zero value has an entry")
	}
	for k := range 6 {
		table.Put(k, "")
	}
	for k := range table.All() {
		if k%2 == 0 {
			table.Delete(k)
		}
	}
	if got := keys(&table); !slices.Equal(got, []int{1, 3, 5}) {
		t.Errorf("the table holds %v", got)
	}
	for range table.All() {
		table.Clear()
	}
	table.Put(7, "")
	if got := keys(&table); !slices.Equal(got, []int{7}) {
		t.Errorf("after Clear the table holds %v", got)
	}
}
