package service

import "time"

// SetClock has the service ask another clock. Call it before the service is
// used.
func (s *Service) SetClock(now func() time.Time) { s.now = now }
