package endure

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// How many sockets are open at a time, and how many of them a browser has.
const (
	batchSockets   = 1000
	browserSockets = 50
)

// TestSocketsComeAndGo opens and closes many sockets, in all the ways in which
// they end: nothing of them may remain. Each round has 1,000 of them;
// PARLEY_ROUNDS=10 makes it the long one.
func TestSocketsComeAndGo(t *testing.T) {
	w := newWorld(t)
	w.start()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.batch(ctx, 0) // what is made once is there now
	before := w.usage()
	n := rounds(t, 2)
	for i := range n {
		w.batch(ctx, i+1)
	}
	after := w.returns(before, usage{goroutines: 5, files: 5, heap: 2 << 20})
	t.Logf("%d sockets came and went; before: %v; after: %v", n*batchSockets, before, after)
}

// batch opens sockets for strangers with a mark, and ends them.
func (w *world) batch(ctx context.Context, number int) {
	w.t.Helper()
	var browsers sync.WaitGroup
	for i := range batchSockets / browserSockets {
		browsers.Go(func() {
			v := &visitor{w: w, b: newBrowser("http://"+w.addr, fmt.Sprintf("10.%d.0.%d", number, i))}
			if err := v.comeAndGo(ctx, i); err != nil {
				w.t.Errorf("batch %d, browser %d: %v", number, i, err)
			}
			v.b.client.CloseIdleConnections()
		})
	}
	browsers.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// comeAndGo opens a browser's share of sockets, says a message that all of
// them hear, and ends them in one of the ways there are.
func (v *visitor) comeAndGo(ctx context.Context, way int) error {
	if err := v.arrive(ctx); err != nil {
		return err
	}
	tabs := make([]*websocket.Conn, browserSockets)
	for i := range tabs {
		conn, err := v.b.dial(ctx, "/_chat/socket")
		if err != nil {
			return err
		}
		defer conn.Close()
		tabs[i] = conn
		if err := conn.WriteJSON(obj{"t": "hello", "mark": v.mark}); err != nil {
			return err
		}
		if err := next(conn, "hello"); err != nil {
			return err
		}
	}
	if err := tabs[0].WriteJSON(obj{"t": "send", "cid": "client-1", "text": "to all tabs"}); err != nil {
		return err
	}
	for _, conn := range tabs {
		if err := next(conn, "message"); err != nil {
			return err
		}
	}
	switch way % 4 {
	case 0: // the browser closes them
		for _, conn := range tabs {
			if err := conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, "")); err != nil {
				return err
			}
		}
	case 1: // it logs out, and the server closes them
		if _, err := v.b.post(ctx, "/_chat/api/reset", obj{}); err != nil {
			return err
		}
		for _, conn := range tabs {
			if err := next(conn, "reset"); err != nil {
				return err
			}
		}
	case 2: // it says what is no frame, and reads no answer
		for _, conn := range tabs {
			_ = conn.WriteMessage(websocket.BinaryMessage, make([]byte, 70_000)) // cut off in the middle
		}
	}
	return nil // and all others just vanish
}

// next reads until a frame of that kind comes.
func next(conn *websocket.Conn, kind string) error {
	for {
		var f frame
		if err := conn.ReadJSON(&f); err != nil {
			return fmt.Errorf("waiting for %s: %w", kind, err)
		}
		if f.T == kind {
			return nil
		}
	}
}
