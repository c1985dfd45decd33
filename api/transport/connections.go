package transport

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/timeouts"
)

// heartbeatSlices are how many parts the connections are divided into for that,
// so that thousands are not asked in one moment.
const heartbeatSlices = 25

// Connections are the WebSockets of one process. Each gets its heartbeat, and
// all end when the server goes. So do files on their way, of which there may be
// a bounded number.
type Connections struct {
	log      *slog.Logger
	interval time.Duration // of the heartbeat

	uploads, downloads *transfers

	waiting atomic.Int64 // bytes that wait for all sockets, see weight

	mu sync.Mutex
	// sockets, to their slice of the heartbeat. There are as many as limits and
	// the system's bound of open files allow, at some 8 KB each and what waits
	// for it (see weight).
	sockets map[*Socket]int
	next    int
	closed  bool
	stop    chan struct{}
	done    sync.WaitGroup
}

// NewConnections starts the heartbeat. Close ends it.
func NewConnections(log *slog.Logger) *Connections { return newConnections(log, timeouts.Heartbeat) }

func newConnections(log *slog.Logger, interval time.Duration) *Connections {
	c := &Connections{log: log, interval: interval, uploads: newTransfers(), downloads: newTransfers(),
		sockets: map[*Socket]int{}, stop: make(chan struct{})}
	c.done.Go(c.runHeartbeat)
	return c
}

// readTimeout is after how long without a sign of life the other end is gone:
// two heartbeats and a bit.
func (c *Connections) readTimeout() time.Duration { return c.interval * 12 / 5 }

// shutdownTimeout is how long connections have to take their leave when the
// server goes: who stops it does not wait for somebody's dead network.
const shutdownTimeout = 1500 * time.Millisecond

// Close tells every connection to come back later, closes it and waits until
// none is served any more, which takes about as long as shutdownTimeout at most.
func (c *Connections) Close() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	close(c.stop)
	c.uploads.close()
	c.downloads.close()
	for s := range c.sockets {
		s.Push(chat.Event{Kind: chat.EventRestart})
	}
	c.mu.Unlock()
	timeout := time.AfterFunc(shutdownTimeout, c.abort)
	defer timeout.Stop()
	c.done.Wait()
}

// abort closes what is still connected.
func (c *Connections) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.sockets {
		_ = s.conn.Close()
	}
}

// add registers a connection; false means that the server is going away.
func (c *Connections) add(s *Socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.sockets[s] = c.next % heartbeatSlices
	c.next++
	c.done.Add(1)
	return true
}

func (c *Connections) remove(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.sockets[s]; ok {
		delete(c.sockets, s)
		c.done.Done()
	}
}

// runHeartbeat asks one slice of the connections after the other: one timer serves all.
func (c *Connections) runHeartbeat() {
	ticker := time.NewTicker(c.interval / heartbeatSlices)
	defer ticker.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-c.stop:
			return
		case <-ticker.C:
		}
		c.mu.Lock()
		for s, slice := range c.sockets {
			if slice == turn%heartbeatSlices {
				s.Push(Heartbeat{})
			}
		}
		c.mu.Unlock()
	}
}

// Heartbeat is an item by which a Peer is to check its connection, and to Ping.
type Heartbeat struct{}
