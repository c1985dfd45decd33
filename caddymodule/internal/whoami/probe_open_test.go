package whoami_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/internal/caddytest"
)

// signedIn is a browser of somebody who has written.
func signedIn(w *caddytest.World, m *mute, sid, user string) *caddytest.Browser {
	m.sign(sid, user)
	b := visitor(w, sid)
	b.Call("hello", "hello", caddytest.Obj{})
	b.Call("send", "ack", caddytest.Obj{"cid": "client-" + sid, "text": user + "'s"})
	return b
}

// closing reads until a socket is closed, and tells with which code.
func closing(s *caddytest.Socket) <-chan int {
	code := make(chan int, 1)
	_ = s.Conn.SetReadDeadline(time.Now().Add(caddytest.Deadline))
	go func() {
		for {
			if _, _, err := s.Conn.ReadMessage(); err != nil {
				if e, ok := err.(*websocket.CloseError); ok {
					code <- e.Code
				}
				close(code)
				return
			}
		}
	}()
	return code
}

// onHeartbeats has enough called with each heartbeat, and returns once it is.
func onHeartbeats(s *caddytest.Socket, enough func() bool) {
	s.T.Helper()
	s.Conn.SetPingHandler(func(data string) error {
		if enough() {
			s.Send(caddytest.Obj{"t": "here"})
		}
		return s.Conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(caddytest.Deadline))
	})
	s.Expect("ok")
}

// While the application does not answer, who says hello keeps the chat open. Who
// does not loses the right to it, and has it again as soon as they say hello.
func TestOpenChatOutlivesAnOutageOfTheApplication(t *testing.T) {
	t.Cleanup(caddytest.SetHeartbeat(heartbeat))
	// A socket's right holds for three times as long: longer than this machine
	// stands still between two heartbeats.
	w, m := probed(t, 8*heartbeat, caddytest.Deadline)
	mia, jonas := signedIn(w, m, "one", "mia"), signedIn(w, m, "two", "jonas")
	m.answer(func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	tab, silent := mia.Hello(""), closing(jonas.Hello(""))
	since := 0 // heartbeats, since the silent socket was closed
	onHeartbeats(tab, func() bool {
		if f := mia.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" || f.Texts() != "mia's" {
			t.Errorf("without an answer she is %+v", f)
		}
		select {
		case code := <-silent:
			if since++; since == 1 && code != 4005 {
				t.Errorf("the silent socket was closed with %d", code)
			}
		default:
		}
		return since == 3
	})
	if f := jonas.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" || f.Texts() != "jonas's" {
		t.Errorf("without an answer he is %+v", f)
	}
	jonas.Hello("")
}

// A hello with other cookies of which the application says nothing is none: it
// keeps nobody's chat open.
func TestForeignHellosKeepNoChatOpen(t *testing.T) {
	t.Cleanup(caddytest.SetHeartbeat(heartbeat))
	w, m := probed(t, heartbeat/2, caddytest.Deadline)
	b := signedIn(w, m, "one", "mia")
	tab := b.Hello("")
	m.answer(func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	b.Cookie("sid", "stranger's")
	tab.Conn.SetPingHandler(func(data string) error {
		if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "none" {
			t.Errorf("the stranger is %+v", f)
		}
		return tab.Conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(caddytest.Deadline))
	})
	tab.Expect("again")
	if code := tab.CloseCode(); code != 4005 {
		t.Errorf("closed with %d", code)
	}
}

// Whichever tab says hello first finds who has signed out or in, for all.
func TestHelloOfOneTabIsForAll(t *testing.T) {
	for next, who := range map[string]string{"": "none", "jonas": "person"} {
		t.Run("then "+who, func(t *testing.T) {
			w, m := probed(t, 30*time.Millisecond, caddytest.Deadline)
			b := signedIn(w, m, "one", "mia")
			one, other := closing(b.Hello("")), closing(b.Hello(""))
			m.sign("one", next)
			caddytest.Eventually(t, "it is found", func() bool {
				f := b.Call("hello", "hello", caddytest.Obj{})
				return f.Who == who && f.Texts() == ""
			})
			for _, tab := range []<-chan int{one, other} {
				if code := <-tab; code != 4003 {
					t.Errorf("a socket was closed with %d", code)
				}
			}
		})
	}
}

// Two tabs that say hello one after the other are one question, and both are
// told to do so again.
func TestTabsAreToldToSayHelloAgain(t *testing.T) {
	w, m := probed(t, 1500*time.Millisecond, caddytest.Deadline)
	b := signedIn(w, m, "one", "mia")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Repeat != 2 {
		t.Errorf("one is told to do so after %d s", f.Repeat)
	}
	socket := b.Socket("/_chat/socket")
	socket.Send(caddytest.Obj{"t": "hello"})
	if f := socket.Expect("hello"); f.Repeat != 2 {
		t.Errorf("the other is told to do so after %d s", f.Repeat)
	}
	if f := visitor(w, "nobody's").Call("hello", "hello", caddytest.Obj{}); f.Repeat != 0 {
		t.Errorf("who has no chat is told to do so after %d s", f.Repeat)
	}
	w.Load(w.Caddyfile("", "site shop"))
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" || f.Repeat != 0 {
		t.Errorf("where nobody is asked: %+v", f)
	}
	t.Cleanup(whoami.SetTimes(always, time.Millisecond, caddytest.Deadline))
	w.Load(w.Caddyfile("", probeIdentity))
	before := m.count()
	for range 2 {
		b.Call("hello", "hello", caddytest.Obj{})
		b.Hello("")
	}
	if n := m.count() - before; n != 1 {
		t.Errorf("the application was asked %d times", n)
	}
}
