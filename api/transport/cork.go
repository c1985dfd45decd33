package transport

import (
	"net"
	"sync"
	"time"
)

// maxCorked is how many bytes are held back at most.
const maxCorked = 16 << 10

// corked is a connection that can hold back what is written, so that frames
// which are sent one right after the other go to the network together: each
// write of its own costs more than all else that is done for a message.
type corked struct {
	net.Conn

	mu   sync.Mutex
	held *[]byte // nil while nothing is held back
	sent bool    // the deadline is that of what was sent last
}

// corkBuffers are shared by connections while they write.
var corkBuffers = sync.Pool{New: func() any { return new([]byte) }}

// Write sends p, or holds it back until uncork.
func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		if c.sent {
			return c.send(p)
		}
		return c.Conn.Write(p)
	}
	if len(*c.held)+len(p) > maxCorked {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) > maxCorked {
		return c.send(p)
	}
	*c.held = append(*c.held, p...)
	return len(p), nil
}

// SetWriteDeadline sets until when Write may take. What is held back has
// writeTimeout from when it is sent, whatever was set before: a deadline for each
// frame costs as much as its encoding.
func (c *corked) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != nil {
		return nil
	}
	c.sent = false
	return c.Conn.SetWriteDeadline(t)
}

// cork holds back what is written from now on.
func (c *corked) cork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = corkBuffers.Get().(*[]byte)
	}
}

// uncork sends what was held back.
func (c *corked) uncork() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return nil
	}
	err := c.flush()
	corkBuffers.Put(c.held)
	c.held = nil
	return err
}

func (c *corked) flush() error {
	held := *c.held
	*c.held = held[:0]
	if len(held) == 0 {
		return nil
	}
	_, err := c.send(held)
	return err
}

// send writes to the network, within writeTimeout.
func (c *corked) send(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	c.sent = true
	return c.Conn.Write(p)
}
