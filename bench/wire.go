package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// roleWire is the floor of the whole stack: a server that speaks the frames of the
// chat over the same WebSockets, and does nothing else for them. It stores
// nothing, checks nothing, and knows of no JSON.
const roleWire = "wire"

// wire is the conversations of that server.
type wire struct {
	mu    sync.Mutex
	rooms map[string]*room
}

// room is a conversation: the tabs that are in it, and how many messages it had.
type room struct {
	mu   sync.Mutex
	tabs []*websocket.Conn
	last int
	out  []byte
}

// startWire starts the server.
func startWire(ctx context.Context, dir string) (*chatServer, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &chatServer{site: chatSite{addr: addr}}
	s.process, err = startSelf(ctx, dir, roleWire, addr, roleWire, addr)
	return s, err
}

// newWire returns its handler.
func newWire() http.Handler {
	w := &wire{rooms: map[string]*room{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_chat/api/start", w.start)
	mux.HandleFunc("GET /_chat/socket", w.socket)
	return mux
}

func (w *wire) start(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := strconv.Itoa(len(w.rooms))
	w.rooms[name] = new(room)
	http.SetCookie(rw, &http.Cookie{Name: "room", Value: name})
	fmt.Fprint(rw, `{"mark":"none"}`)
}

func (w *wire) socket(rw http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie("room")
	if err != nil {
		http.Error(rw, "no room", http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	in := w.rooms[cookie.Value]
	w.mu.Unlock()
	up := websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 1024, WriteBufferPool: new(sync.Pool)}
	conn, err := up.Upgrade(rw, r, nil)
	if err != nil || in == nil {
		return
	}
	defer conn.Close()
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil || in.take(conn, frame) != nil {
			return
		}
	}
}

// take answers a frame: a hello, or a message that both tabs receive. Each tab
// gets all that there is to say in one write.
func (r *room) take(from *websocket.Conn, frame []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest, isMessage := bytes.CutPrefix(frame, []byte(`{"t":"send","cid":"`))
	if !isMessage {
		r.tabs = append(r.tabs, from)
		_, err := from.NetConn().Write(appendServerFrame(nil, opText, []byte(`{"t":"hello"}`)))
		return err
	}
	cid, text, _ := bytes.Cut(rest, []byte(`","text":`))
	r.last++
	about := fmt.Appendf(nil, `"seq":%d,"time":%d`, r.last, time.Now().UnixMilli())
	message := fmt.Appendf(nil, `{"t":"message","m":{%s,"from":"visitor","name":"","cid":"%s","text":%s}`, about, cid, text)
	ack := fmt.Appendf(nil, `{"t":"ack","cid":"%s",%s}`, cid, about)
	for _, tab := range r.tabs {
		r.out = appendServerFrame(r.out[:0], opText, message)
		if tab == from {
			r.out = appendServerFrame(r.out, opText, ack)
		}
		if _, err := tab.NetConn().Write(r.out); err != nil {
			return err
		}
	}
	return nil
}

// appendServerFrame appends a frame without a mask (RFC 6455, section 5.2).
func appendServerFrame(b []byte, op byte, text []byte) []byte {
	b = append(b, finalBit|op)
	switch n := len(text); {
	case n < length16:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, length16), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, length64), uint64(n))
	}
	return append(b, text...)
}

// wireCost is the CPU time of that server for each message at steadyRate, in µs.
func wireCost(ctx context.Context, dir string, long time.Duration) (float64, error) {
	server, err := startWire(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer server.stop()
	crowd, err := newCrowd(ctx, server)
	defer crowd.close()
	if err != nil {
		return 0, err
	}
	return crowd.keepTo(long)
}
