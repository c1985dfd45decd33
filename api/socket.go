package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/chat"
)

// Bounds of one connection.
const (
	// maxQueue is how many frames may wait for a slow reader before it is
	// closed. It comes back and reads on where it was.
	maxQueue = 256
	// writeTime bounds one write to the network.
	writeTime = 10 * time.Second
	// closeTime is how long the other end has to answer a close frame.
	closeTime = time.Second
)

// Close codes; the standard ones are of RFC 6455, section 7.4.1.
const (
	closeRestart   = websocket.CloseServiceRestart
	closeGone      = websocket.CloseGoingAway
	closeNoHello   = 4001
	closeNobody    = 4002
	closeReset     = 4003
	closeTooSlow   = 4004
	closeAgain     = 4005
	closeSignedOut = 4003
)

// peer is what one kind of connection does with what it reads and hears.
type peer interface {
	// begin is called once, in the read loop, before the first frame.
	begin()
	// frame handles one frame from the browser, one at a time.
	frame(kind string, body []byte)
	// deliver writes what was pushed. Only one runs at a time.
	deliver(item any)
	// gone is called once, when the connection has ended.
	gone()
}

// socket is one WebSocket. Most connections are idle most of the time, and there
// may be many: then one goroutine with a small stack waits for the next frame
// (see reading.go). Others live only while there is something to do.
type socket struct {
	conn    *websocket.Conn
	wire    *corked       // below conn
	in      *bufio.Reader // what conn reads from, which reads from wire
	live    *Live
	peer    peer
	release func() // of its place among the open ones

	mu      sync.Mutex
	queue   []any
	waiting int // bytes of what was pushed and waits, see weight
	writing bool
	closing bool // nothing is heard or taken any more
}

// buffers are shared by connections while they write.
var buffers = &sync.Pool{}

// upgrade makes a request a WebSocket and serves it in the background; the
// handler can return. The origin has been checked before. release is called
// once, when it has ended or could not begin.
func upgrade(w http.ResponseWriter, r *http.Request, live *Live, release func(), newPeer func(*socket) peer) {
	up := websocket.Upgrader{WriteBufferSize: 1024, WriteBufferPool: buffers, // and reads from hijackable's
		HandshakeTimeout: writeTime,
		CheckOrigin:      func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, _ int, reason error) {
			answer(w, http.StatusBadRequest, errorFrame{T: "error", Code: "bad_frame", Text: reason.Error()})
		}}
	wire := new(corked)
	in := bufio.NewReaderSize(wire, readBuffer)
	conn, err := up.Upgrade(hijackable{w, wire, in}, r, nil)
	if err != nil {
		release()
		return // answered by Error
	}
	s := &socket{conn: conn, wire: wire, in: in, live: live, release: release}
	s.peer = newPeer(s)
	if !live.add(s) {
		release()
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(closeRestart, ""), time.Now().Add(writeTime))
		_ = conn.Close()
		return
	}
	go s.open()
}

// hijackable takes the connection from the server's own writer, below all
// wrappers: those may count what is sent for a log line that is written when
// the handler returns, while the connection goes on. It puts wire around the
// connection, and in, which is small, in the place of the server's reader.
type hijackable struct {
	http.ResponseWriter
	wire *corked
	in   *bufio.Reader
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w := h.ResponseWriter
	for {
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = inner.Unwrap()
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.wire.Conn = conn
	if rw.Reader.Buffered() == 0 { // else it is refused: a frame before our answer
		rw.Reader = h.in
	}
	return h.wire, rw, nil
}

// take handles one message. What still comes while the connection is being
// closed must be read, or the other end may never see the close frame.
func (s *socket) take(kind int, body []byte) {
	if s.isClosing() {
		return
	}
	name, ok := frameName(body)
	if kind != websocket.TextMessage || !ok {
		s.fail(chat.ErrBadFrame, "")
		return
	}
	s.peer.frame(name, body)
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

// rescue keeps a bug in one connection from ending the process, which serves
// the whole site.
func (s *socket) rescue(doing string) {
	if p := recover(); p != nil {
		s.live.log.Error("panic while "+doing, "panic", p, "stack", string(debug.Stack()))
		s.shut()
		_ = s.conn.Close()
	}
}
