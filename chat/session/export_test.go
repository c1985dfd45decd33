package session

// Bounds of what is kept in memory.
const (
	MaxFences       = maxFences
	MaxPending      = maxPending
	MaxPendingBytes = maxPendingBytes
)

// Fences returns how many logouts are remembered.
func (r *Registry) Fences() int {
	r.fence.mu.Lock()
	defer r.fence.mu.Unlock()
	return len(r.fence.underWay) + r.fence.complete.Len()
}

// PendingSessions returns how many sessions wait for their browsers, and the
// bytes of their profiles.
func (r *Registry) PendingSessions() (n, bytes int) {
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	return r.ledger.sessions.Len(), r.ledger.sessions.TotalWeight()
}
