// Package logtest keeps what is logged for a test that reads it while others go
// on logging, which bytes.Buffer doesn't allow.
package logtest

import (
	"strings"
	"sync"
)

// Buffer collects what is written to it. The zero value is empty and ready. All
// methods may be called from any goroutine.
type Buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write adds p. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String returns all that was written until now.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
