package api

import (
	"time"

	"github.com/gorilla/websocket"
)

// readBuffer is how many bytes are read at once. Most frames are smaller; of a
// larger one the rest is read past the buffer. With 256 or fewer the WebSocket
// would make one of its own.
const readBuffer = 288

// A connection is read by one goroutine after another. One that waits for a
// frame does nothing else, so that it stays within the 2 KB stack that a
// goroutine begins with, for hours perhaps; as soon as a frame begins, another
// takes its place, with a stack that may grow as far as handling the frame
// takes, and ends when that is done.

// open prepares the connection and begins to read.
func (s *socket) open() {
	s.conn.SetReadLimit(maxFrame)
	s.conn.SetPongHandler(func(string) error { return s.heard() })
	pong := s.conn.PingHandler()
	s.conn.SetPingHandler(func(text string) error {
		if err := s.heard(); err != nil {
			return err
		}
		return pong(text)
	})
	if s.began() {
		go s.wait()
	} else {
		s.over()
	}
}

func (s *socket) began() (ok bool) {
	defer s.rescue("beginning a connection")
	s.peer.begin()
	return s.heard() == nil
}

// wait returns when the next frame begins.
func (s *socket) wait() {
	if _, err := s.in.Peek(1); err != nil {
		s.over()
		return
	}
	go s.serve()
}

// serve reads and handles frames as long as more has arrived.
func (s *socket) serve() {
	for more := true; more; more = s.in.Buffered() > 0 {
		if !s.next() {
			s.over()
			return
		}
	}
	go s.wait()
}

// next reads and handles one frame. It reports false at the end of the
// connection.
func (s *socket) next() (ok bool) {
	defer s.rescue("handling a frame")
	if pong, err := s.pong(); pong || err != nil {
		return err == nil && s.heard() == nil
	}
	kind, body, err := s.conn.ReadMessage()
	if err != nil {
		return false
	}
	s.take(kind, body)
	return s.heard() == nil
}

// pong takes a pong frame (RFC 6455, section 5.5.3) off the connection, if that
// is what is next. It is what idle browsers send, and conn would go on to wait
// for the frame behind it in here. A frame that is not as it should be is left
// for conn to refuse.
func (s *socket) pong() (bool, error) {
	const (
		head   = 2 + 4 // the first two bytes, and the mask
		first  = 0x80 | websocket.PongMessage
		masked = 0x80
	)
	start, err := s.in.Peek(2)
	if err != nil || start[0] != first || start[1] < masked || start[1] > masked+125 {
		return false, err
	}
	_, err = s.in.Discard(head + int(start[1]-masked))
	return true, err
}

// over ends what the connection has begun.
func (s *socket) over() {
	defer s.live.remove(s)
	defer s.release()
	defer s.conn.Close()
	defer s.shut()
	defer s.rescue("ending a connection")
	s.peer.gone()
}

// heard notes a sign of life: the other end has its time for the next. A
// connection that is being closed has its time set already.
func (s *socket) heard() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil
	}
	return s.conn.SetReadDeadline(time.Now().Add(s.live.silence()))
}
