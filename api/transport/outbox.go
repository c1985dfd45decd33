package transport

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
)

// Push queues an item for Deliver. It never blocks: whoever reads too slowly is
// closed instead.
func (s *Socket) Push(item any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	n := weight(item)
	if len(s.queue) >= MaxQueue || s.waiting > 0 && !s.fits(n) {
		s.queue = []any{closeItem{CloseTooSlow}}
		s.closing = true
		// The write under way may be what is stuck: it must not hold this up.
		_ = s.conn.SetReadDeadline(time.Now().Add(writeTimeout))
		return
	}
	s.queue = append(s.queue, item)
	s.count(n)
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

// fits reports whether so many bytes more may wait for this connection.
func (s *Socket) fits(n int) bool {
	most := maxWaiting
	if s.connections.waiting.Load() > maxWaitingAll {
		most = maxWaitingFew
	}
	return s.waiting+n <= most
}

// count counts bytes that wait, or with a negative number no longer do.
func (s *Socket) count(n int) {
	s.waiting += n
	s.connections.waiting.Add(int64(n))
}

// uncount takes an item off that waits no longer, since it is being delivered.
func (s *Socket) uncount(item any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(-min(weight(item), s.waiting))
}

// OnEvent queues an event for Deliver, which makes a socket a chat.Listener.
func (s *Socket) OnEvent(e chat.Event) { s.Push(e) }

// Queued reports whether such an item is queued and not yet being delivered.
func (s *Socket) Queued(such func(item any) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.queue, such)
}

// Fail queues an error frame.
func (s *Socket) Fail(err error, about frame.Subject) {
	f := frame.NewFailure(err)
	f.CID, f.Conv = about.CID, about.Conv
	s.Push(f)
}

// Close queues the end of the connection behind what is queued already.
func (s *Socket) Close(code int) { s.Push(closeItem{code}) }

// closeItem ends the connection with a code.
type closeItem struct{ code int }

func (s *Socket) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// stopAccepting drops what is queued and accepts nothing more.
func (s *Socket) stopAccepting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	s.queue = nil
	s.count(-s.waiting)
}

// write delivers what is queued, and ends. What is sent meanwhile goes to the
// network together.
func (s *Socket) write() {
	defer panics.Handle(s.onPanic("writing a frame"))
	for {
		s.wire.cork()
		for items := s.takeQueue(); len(items) > 0; items = s.takeQueue() {
			if !s.deliverAll(items) {
				s.uncork()
				return
			}
		}
		s.uncork()
		if s.idle() {
			return
		}
	}
}

// takeQueue takes what waits to be delivered.
func (s *Socket) takeQueue() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := s.queue
	s.queue = nil
	return items
}

// idle ends the turn of write, unless something has come meanwhile.
func (s *Socket) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = len(s.queue) > 0
	return !s.writing
}

// deliverAll delivers items in order. It reports false if one of them ended
// the connection.
func (s *Socket) deliverAll(items []any) bool {
	for i, item := range items {
		items[i] = nil
		if c, ok := item.(closeItem); ok {
			s.CloseNow(c.code)
			return false
		}
		if s.isClosing() {
			break // the rest is for when they come back
		}
		s.uncount(item)
		s.peer.Deliver(item)
	}
	return true
}

// Query is for Deliver while it asks the store, which may take long: what was
// held back goes out and nothing is held back until done, so that pongs and
// closes, which others write, are not kept waiting.
func (s *Socket) Query() (ctx context.Context, done func()) {
	s.uncork()
	ctx, cancel := context.WithTimeout(context.Background(), StoreTimeout)
	return ctx, func() {
		cancel()
		s.wire.cork()
	}
}

// uncork sends what was held back.
func (s *Socket) uncork() {
	if s.wire.uncork() != nil {
		s.abort()
	}
}

// abort ends a connection to which nothing can be written.
func (s *Socket) abort() {
	s.stopAccepting()
	_ = s.conn.Close() // wakes the read loop, which cleans up
}

// CloseNow sends a close frame; only Deliver may call it. Reading goes on until
// the other end answers it or has had its time.
func (s *Socket) CloseNow(code int) {
	s.stopAccepting()
	deadline := time.Now().Add(writeTimeout)
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), deadline)
	_ = s.conn.SetReadDeadline(time.Now().Add(closeTimeout))
}

// Send writes one frame to the network; only Deliver may call it.
func (s *Socket) Send(frame any) {
	body, err := json.Marshal(frame)
	if err != nil {
		s.connections.log.Error("encoding a frame", "error", err)
		return
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if s.conn.WriteMessage(websocket.TextMessage, body) != nil {
		s.abort()
	}
}

// Ping asks the other end for a sign of life; only Deliver may call it.
func (s *Socket) Ping() {
	if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) != nil {
		_ = s.conn.Close()
	}
}
