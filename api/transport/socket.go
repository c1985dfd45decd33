package transport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
)

// Bounds of one connection.
const (
	// MaxQueue is how many items may wait for a slow reader before it is
	// closed. It comes back and reads on where it was.
	MaxQueue = 256
	// writeTimeout bounds one write to the network.
	writeTimeout = 10 * time.Second
	// closeTimeout is how long the other end has to answer a close frame.
	closeTimeout = time.Second
)

// Close codes for both ends; the standard ones are of RFC 6455, section 7.4.1.
const (
	CloseRestart   = websocket.CloseServiceRestart
	CloseGoingAway = websocket.CloseGoingAway
	CloseTooSlow   = 4004
)

// Peer is what one kind of connection does with what it reads and is told.
type Peer interface {
	// Begin is called once, in the read loop, before the first frame.
	Begin()
	// Frame handles one frame from the browser, one at a time.
	Frame(name string, body []byte)
	// Deliver writes what was pushed. Only one runs at a time.
	Deliver(item any)
	// Closed is called once, when the connection has ended.
	Closed()
}

// Socket is one WebSocket. Most connections are idle most of the time, and there
// may be many: then one goroutine with a small stack waits for the next frame
// (see reading.go). Others live only while there is something to do.
type Socket struct {
	conn        *websocket.Conn
	wire        *corked       // below conn
	in          *bufio.Reader // what conn reads from, which reads from wire
	connections *Connections
	peer        Peer
	release     func() // of its place among the open ones

	mu      sync.Mutex
	queue   []any
	waiting int // bytes of what was pushed and waits, see weight
	writing bool
	closing bool // no item and no frame is accepted any more
}

// handle handles one message. What still comes while the connection is being
// closed must be read, or the other end may never see the close frame.
func (s *Socket) handle(messageType int, body []byte) {
	if s.isClosing() {
		return
	}
	name, ok := frameName(body)
	if messageType != websocket.TextMessage || !ok {
		s.Fail(chat.ErrBadFrame, frame.Subject{})
		return
	}
	s.peer.Frame(name, body)
}

// frameName returns what a frame's t is. Ours have it in front: there it is
// read without decoding the frame, which its handler does. The rest of such a
// frame has not been looked at.
func frameName(body []byte) (name string, ok bool) {
	if rest, ok := bytes.CutPrefix(body, []byte(`{"t":"`)); ok {
		n := bytes.IndexFunc(rest, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' })
		if n > 0 && rest[n] == '"' {
			return string(rest[:n]), true
		}
	}
	var f struct {
		T string `json:"t"`
	}
	if len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &f) != nil {
		return "", false
	}
	return f.T, true
}

// onPanic keeps a bug in one connection from ending the process, which serves
// the whole site.
func (s *Socket) onPanic(doing string) func(*panics.Panic) {
	return func(p *panics.Panic) {
		s.connections.log.Error("panic while "+doing, "panic", p.Value, "stack", p.Stack)
		s.abort()
	}
}
