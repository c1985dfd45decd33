package api

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
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

// socket is one WebSocket. A goroutine reads it; writing is done by another
// that lives only while there is something to write, since most connections
// are idle most of the time and there may be many.
type socket struct {
	conn    *websocket.Conn
	live    *Live
	peer    peer
	release func() // of its place among the open ones

	mu      sync.Mutex
	queue   []any
	writing bool
	closing bool // nothing is heard or taken any more
}

// buffers are shared by connections while they write.
var buffers = &sync.Pool{}

// upgrade makes a request a WebSocket and serves it in the background; the
// handler can return. The origin has been checked before. release is called
// once, when it has ended or could not begin.
func upgrade(w http.ResponseWriter, r *http.Request, live *Live, release func(), newPeer func(*socket) peer) {
	up := websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 1024, WriteBufferPool: buffers,
		HandshakeTimeout: writeTime,
		CheckOrigin:      func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, _ int, reason error) {
			answer(w, http.StatusBadRequest, errorFrame{T: "error", Code: "bad_frame", Text: reason.Error()})
		}}
	conn, err := up.Upgrade(hijackable{w}, r, nil)
	if err != nil {
		release()
		return // answered by Error
	}
	s := &socket{conn: conn, live: live, release: release}
	s.peer = newPeer(s)
	if !live.add(s) {
		release()
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(closeRestart, ""), time.Now().Add(writeTime))
		_ = conn.Close()
		return
	}
	go s.read()
}

// hijackable takes the connection from the server's own writer, below all
// wrappers: those may count what is sent for a log line that is written when
// the handler returns, while the connection goes on.
type hijackable struct{ http.ResponseWriter }

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w := h.ResponseWriter
	for {
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return http.NewResponseController(w).Hijack()
		}
		w = inner.Unwrap()
	}
}

// read serves frames until the connection ends.
func (s *socket) read() {
	defer s.live.remove(s)
	defer s.release()
	defer s.conn.Close()
	defer s.shut()
	defer s.peer.gone()
	defer s.rescue("reading a frame")
	s.conn.SetReadLimit(maxFrame)
	s.conn.SetPongHandler(func(string) error { return s.heard() })
	pong := s.conn.PingHandler()
	s.conn.SetPingHandler(func(text string) error {
		if err := s.heard(); err != nil {
			return err
		}
		return pong(text)
	})
	s.peer.begin()
	for s.heard() == nil {
		kind, body, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		// In a goroutine of its own, which ends: what it takes to answer, down to
		// the store, would leave this one with a large stack for as long as the
		// connection lives, and most connections are idle.
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer s.rescue("handling a frame")
			s.take(kind, body)
		}()
		<-done
	}
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

// take handles one message. What still comes while the connection is being
// closed must be read, or the other end may never see the close frame.
func (s *socket) take(kind int, body []byte) {
	if s.isClosing() {
		return
	}
	var f struct {
		T string `json:"t"`
	}
	if kind != websocket.TextMessage || len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &f) != nil {
		s.fail(chat.ErrBadFrame, "")
		return
	}
	s.peer.frame(f.T, body)
}

// push queues an item for deliver. It never blocks: who reads too slowly is
// closed instead.
func (s *socket) push(item any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	if len(s.queue) >= maxQueue {
		s.queue = []any{closeItem{closeTooSlow}}
		s.closing = true
		// The write under way may be what is stuck: it must not hold this up.
		_ = s.conn.SetReadDeadline(time.Now().Add(writeTime))
		return
	}
	s.queue = append(s.queue, item)
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

// Hear makes a socket a chat.Listener.
func (s *socket) Hear(e chat.Event) { s.push(e) }

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
}

// write delivers what is queued, and ends.
func (s *socket) write() {
	defer s.rescue("writing a frame")
	for {
		s.mu.Lock()
		items := s.queue
		s.queue = nil
		if len(items) == 0 {
			s.writing = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		for _, item := range items {
			if c, ok := item.(closeItem); ok {
				s.end(c.code)
				return
			}
			if s.isClosing() {
				break // the rest is for when they come back
			}
			s.peer.deliver(item)
		}
	}
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
		s.shut()
		_ = s.conn.Close() // wakes the read loop, which cleans up
	}
}

// ping asks the other end for a sign of life.
func (s *socket) ping() {
	if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTime)) != nil {
		_ = s.conn.Close()
	}
}

// rescue keeps a bug in one connection from ending the process, which serves
// the whole site.
func (s *socket) rescue(doing string) {
	if p := recover(); p != nil {
		s.live.log.Error("panic while "+doing, "panic", p)
		s.shut()
		_ = s.conn.Close()
	}
}
