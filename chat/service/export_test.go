package service

import "time"

// SetClock has the service ask another clock. Call it before the service is
// used.
func (s *Service) SetClock(now func() time.Time) { s.now = now }

// Bounds of what is kept in memory.
const (
	MaxFences       = maxFences
	MaxPending      = maxPending
	MaxPendingBytes = maxPendingBytes
)

// Fences returns how many logouts are remembered.
func (s *Service) Fences() int {
	s.fence.mu.Lock()
	defer s.fence.mu.Unlock()
	return len(s.fence.entries)
}

// PendingSessions returns how many sessions wait for their browsers, and the
// bytes of their profiles.
func (s *Service) PendingSessions() (n, bytes int) {
	s.pending.mu.Lock()
	defer s.pending.mu.Unlock()
	return s.pending.oldest.Len(), s.pending.profile
}
