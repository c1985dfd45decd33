package transport

import (
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/internal/panics"
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
func (s *Socket) open() {
	s.conn.SetReadLimit(maxFrame)
	s.conn.SetPongHandler(func(string) error { return s.touch() })
	pong := s.conn.PingHandler()
	s.conn.SetPingHandler(func(text string) error {
		if err := s.touch(); err != nil {
			return err
		}
		return pong(text)
	})
	if s.begin() {
		go s.wait()
	} else {
		s.onClosed()
	}
}

func (s *Socket) begin() (ok bool) {
	defer panics.Handle(s.onPanic("beginning a connection"))
	s.peer.Begin()
	return s.touch() == nil
}

// wait returns when the next frame begins.
func (s *Socket) wait() {
	if _, err := s.in.Peek(1); err != nil {
		s.onClosed()
		return
	}
	go s.serve()
}

// serve reads and handles frames as long as more has arrived.
func (s *Socket) serve() {
	for more := true; more; more = s.in.Buffered() > 0 {
		if !s.next() {
			s.onClosed()
			return
		}
	}
	go s.wait()
}

// next reads and handles one frame. It reports false at the end of the
// connection.
func (s *Socket) next() (ok bool) {
	defer panics.Handle(s.onPanic("handling a frame"))
	if pong, err := s.pong(); pong || err != nil {
		return err == nil && s.touch() == nil
	}
	messageType, body, err := s.conn.ReadMessage()
	if err != nil {
		return false
	}
	s.handle(messageType, body)
	return s.touch() == nil
}

// pong takes a pong frame (RFC 6455, section 5.5.3) off the connection, if that
// is what is next. It is what idle browsers send, and conn would go on to wait
// for the frame behind it in here. A frame that is not as it should be is left
// for conn to refuse.
func (s *Socket) pong() (bool, error) {
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

// onClosed ends what the connection has begun.
func (s *Socket) onClosed() {
	defer s.connections.remove(s)
	defer s.release()
	defer s.conn.Close()
	defer s.stopAccepting()
	defer panics.Handle(s.onPanic("ending a connection"))
	s.peer.Closed()
}

// touch notes a sign of life: the other end has its time for the next. A
// connection that is being closed has its time set already.
func (s *Socket) touch() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil
	}
	return s.conn.SetReadDeadline(time.Now().Add(s.connections.silence))
}
