package transport

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/api/frame"
)

// writeBuffers are shared by connections while they write.
var writeBuffers = &sync.Pool{}

// CheckSocket checks that a request for a socket comes from a page of this
// origin.
func CheckSocket(r *http.Request, secure bool) error {
	if !sameOrigin(r, secure) {
		return frame.ErrForeignOrigin
	}
	return nil
}

// Upgrade makes a request a WebSocket and serves it in the background; the
// handler can return. CheckSocket comes first. release is called once, when the
// connection has ended or could not begin.
func (c *Connections) Upgrade(w http.ResponseWriter, r *http.Request, release func(), newPeer func(*Socket) Peer) {
	up := websocket.Upgrader{WriteBufferSize: 1024, WriteBufferPool: writeBuffers, // and reads from hijackable's
		HandshakeTimeout: writeTimeout,
		CheckOrigin:      func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, _ int, reason error) {
			answer(w, http.StatusBadRequest, frame.Failure{T: "error", Code: "bad_frame", Text: reason.Error()})
		}}
	wire := new(corked)
	in := bufio.NewReaderSize(wire, readBuffer)
	conn, err := up.Upgrade(hijackable{w, wire, in}, r, nil)
	if err != nil {
		release()
		return // answered by Error
	}
	s := &Socket{conn: conn, wire: wire, in: in, connections: c, release: release}
	s.peer = newPeer(s)
	if !c.add(s) {
		release()
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(CloseRestart, ""), time.Now().Add(writeTimeout))
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

// Hijack implements http.Hijacker.
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
