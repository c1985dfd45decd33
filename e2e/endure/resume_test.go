package endure

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// arrival starts a server with one stranger who has a mark.
func arrival(t *testing.T) (context.Context, *visitor) {
	t.Helper()
	w := newWorld(t)
	w.start()
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	t.Cleanup(cancel)
	v := &visitor{w: w, name: "stranger", b: newBrowser("http://"+w.addr, "10.0.0.1"), account: newAccount(t, "stranger")}
	if err := v.arrive(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx, v
}

// open opens a socket that asks for what came after a message.
func (v *visitor) open(ctx context.Context, after int) *websocket.Conn {
	v.w.t.Helper()
	conn, err := v.b.dial(ctx, "/_chat/socket")
	if err == nil {
		_ = conn.SetReadDeadline(time.Now().Add(waitTimeout))
		err = conn.WriteJSON(obj{"t": "hello", "mark": v.mark, "after": after})
	}
	if err != nil {
		v.w.t.Fatal(err)
	}
	return conn
}

// listen reads until a message with this number came, and checks that hello
// was first and that nothing was left out, or told twice.
func listen(t *testing.T, conn *websocket.Conn, after, upTo int) {
	t.Helper()
	for first, last := true, after; last < upTo; first = false {
		var f frame
		if err := conn.ReadJSON(&f); err != nil {
			t.Fatalf("after message %d: %v", last, err)
		}
		if first && f.T != "hello" {
			t.Fatalf("the first frame is %q, before hello", f.T)
		}
		for _, m := range append(f.Messages, f.M) {
			if m.Seq == 0 {
				continue // no message in this frame
			}
			if m.Seq != last+1 {
				t.Fatalf("after message %d comes %d", last, m.Seq)
			}
			last++
		}
	}
}

// A tab that slept through more than one answer can hold still gets it all.
func TestFarBehind(t *testing.T) {
	ctx, v := arrival(t)
	talks := v.open(ctx, 0)
	const all = 700
	for i := range all {
		if err := talks.WriteJSON(obj{"t": "send", "cid": fmt.Sprintf("stranger-%d", i), "text": "on and on"}); err != nil {
			t.Fatal(err)
		}
	}
	listen(t, talks, 0, all)
	listen(t, v.open(ctx, 10), 10, all)
}

// A tab that comes back while others talk hears what it missed, and then what
// is new.
func TestComingBackWhileOthersTalk(t *testing.T) {
	ctx, v := arrival(t)
	ctx, stop := context.WithCancel(ctx)
	v.settle, v.settled = make(chan struct{}), make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.talk(ctx)
	}()
	<-v.w.busy(100)
	for range 20 {
		conn := v.open(ctx, 5)
		listen(t, conn, 5, 30)
		conn.Close()
	}
	stop()
	<-done
}
