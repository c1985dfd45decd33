package api

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/chat"
)

// push queues an item for deliver. It never blocks: who reads too slowly is
// closed instead.
func (s *socket) push(item any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	n := weight(item)
	if len(s.queue) >= maxQueue || s.waiting > 0 && !s.fits(n) {
		s.queue = []any{closeItem{closeTooSlow}}
		s.closing = true
		// The write under way may be what is stuck: it must not hold this up.
		_ = s.conn.SetReadDeadline(time.Now().Add(writeTime))
		return
	}
	s.queue = append(s.queue, item)
	s.add(n)
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

// fits reports whether so many bytes more may wait for this connection.
func (s *socket) fits(n int) bool {
	most := maxWaiting
	if s.live.waiting.Load() > maxWaitingAll {
		most = maxWaitingFew
	}
	return s.waiting+n <= most
}

// add counts bytes that wait, or with a negative number no longer do.
func (s *socket) add(n int) {
	s.waiting += n
	s.live.waiting.Add(int64(n))
}

// taken counts an item that waits no longer, since it is being delivered.
func (s *socket) taken(item any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(-min(weight(item), s.waiting))
}

// Hear makes a socket a chat.Listener.
func (s *socket) Hear(e chat.Event) { s.push(e) }

// waits reports whether such an item is queued and not yet being delivered.
func (s *socket) waits(such func(item any) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.queue, such)
}

// fail queues an error frame.
func (s *socket) fail(err error, cid string) {
	f := newErrorFrame(err)
	f.CID = cid
	s.push(f)
}

// close queues the end of the connection behind what is queued already.
func (s *socket) close(code int) { s.push(closeItem{code}) }

// closeItem ends the connection with a code.
type closeItem struct{ code int }

func (s *socket) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// shut drops what is queued and takes nothing more.
func (s *socket) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	s.queue = nil
	s.add(-s.waiting)
}

// write delivers what is queued, and ends. What is sent meanwhile goes to the
// network together.
func (s *socket) write() {
	defer s.rescue("writing a frame")
	for {
		s.wire.cork()
		for items := s.queued(); len(items) > 0; items = s.queued() {
			if !s.deliverAll(items) {
				s.uncork()
				return
			}
		}
		s.uncork()
		if s.rest() {
			return
		}
	}
}

// queued takes what waits to be delivered.
func (s *socket) queued() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := s.queue
	s.queue = nil
	return items
}

// rest ends the turn of write, unless something has come meanwhile.
func (s *socket) rest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = len(s.queue) > 0
	return !s.writing
}

// deliverAll delivers items in order. It reports false if one of them ended
// the connection.
func (s *socket) deliverAll(items []any) bool {
	for i, item := range items {
		items[i] = nil
		if c, ok := item.(closeItem); ok {
			s.end(c.code)
			return false
		}
		if s.isClosing() {
			break // the rest is for when they come back
		}
		s.taken(item)
		s.peer.deliver(item)
	}
	return true
}

// consult is for deliver while it asks the store, which may take long: what was
// held back goes out and nothing is held back until done, so that pongs and
// closes, which others write, are not kept waiting.
func (s *socket) consult() (ctx context.Context, done func()) {
	s.uncork()
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	return ctx, func() {
		cancel()
		s.wire.cork()
	}
}

// uncork sends what was held back.
func (s *socket) uncork() {
	_ = s.wire.SetWriteDeadline(time.Now().Add(writeTime))
	if s.wire.uncork() != nil {
		s.cut()
	}
}

// cut ends a connection to which nothing can be written.
func (s *socket) cut() {
	s.shut()
	_ = s.conn.Close() // wakes the read loop, which cleans up
}

// end sends a close frame. Reading goes on until the other end answers it or
// has had its time.
func (s *socket) end(code int) {
	s.shut()
	deadline := time.Now().Add(writeTime)
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), deadline)
	_ = s.conn.SetReadDeadline(time.Now().Add(closeTime))
}

// send writes one frame to the network; only deliver may call it.
func (s *socket) send(frame any) {
	body, err := json.Marshal(frame)
	if err != nil {
		s.live.log.Error("encoding a frame", "error", err)
		return
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if s.conn.WriteMessage(websocket.TextMessage, body) != nil {
		s.cut()
	}
}

// ping asks the other end for a sign of life.
func (s *socket) ping() {
	if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTime)) != nil {
		_ = s.conn.Close()
	}
}
