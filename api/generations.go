package api

// generations is a table that is bounded whatever is put into it: in two halves
// of at most so many entries each. When the young half is full it becomes the
// old one, and what was in that and was not put again since is forgotten. So a
// flood of new keys forgets those first that nobody uses, and refuses none.
type generations[K comparable, V any] struct {
	most       int
	young, old map[K]V
}

func (g *generations[K, V]) get(k K) (V, bool) {
	if v, ok := g.young[k]; ok {
		return v, true
	}
	v, ok := g.old[k]
	return v, ok
}

func (g *generations[K, V]) put(k K, v V) {
	if _, known := g.young[k]; !known && (g.young == nil || len(g.young) >= g.most) {
		g.young, g.old = map[K]V{}, g.young
	}
	g.young[k] = v
}

func (g *generations[K, V]) remove(k K) {
	delete(g.young, k)
	delete(g.old, k)
}

func (g *generations[K, V]) len() int { return len(g.young) + len(g.old) }
