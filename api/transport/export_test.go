package transport

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/parley-chat/parley/api/limits"
	_ "github.com/parley-chat/parley/internal/timeouts/patient"
)

// Bounds for tests.
const (
	MaxWaiting        = maxWaiting
	MaxNetworkAnswers = maxNetworkAnswers
	MaxHead           = maxHead
	MaxFrame          = maxFrame
	MaxTransfers      = maxTransfers
	MaxTransfersOf    = maxTransfersOf
	AttachmentPolicy  = attachmentPolicy
)

// NewConnectionsBeating returns connections with another heartbeat, of which those
// end that give no sign of life for two and a bit.
func NewConnectionsBeating(every time.Duration) *Connections {
	return newConnections(slog.New(slog.DiscardHandler), every, every*12/5)
}

// Waiting is how many bytes wait for slow readers.
func (c *Connections) Waiting() int64 { return c.waiting.Load() }

// Len is how many sockets there are.
func (c *Connections) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sockets)
}

// Uploading is how many uploads are under way.
func (c *Connections) Uploading() int {
	c.uploads.mu.Lock()
	defer c.uploads.mu.Unlock()
	return len(c.uploads.open)
}

// SetUploadTimeouts shortens the time for the first line, and how far an upload
// may be behind the least rate. Zero is the default.
func (c *Connections) SetUploadTimeouts(head, grace time.Duration) {
	c.uploads.headTimeout, c.uploads.idleTimeout = cmp.Or(head, headTimeout), cmp.Or(grace, transferIdleTimeout)
}

// CheckDownloadsEvery sets how often downloads check their right.
func (c *Connections) CheckDownloadsEvery(interval time.Duration) {
	c.downloads.checkInterval = interval
}

// BeginUpload takes a place among the uploads.
func (c *Connections) BeginUpload(from limits.Caller) (end func(), err error) {
	_, end, err = c.uploads.begin(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil), from)
	return end, err
}
