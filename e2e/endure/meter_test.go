package endure

import "sync"

// meter counts events, and tells when so many have been.
type meter struct {
	mu   sync.Mutex
	left int
	hit  chan struct{}
}

// after returns a channel that is closed after n more events. It ends an
// earlier one.
func (m *meter) after(n int) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left, m.hit = n, make(chan struct{})
	return m.hit
}

func (m *meter) count() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left--; m.left == 0 {
		close(m.hit)
	}
}
