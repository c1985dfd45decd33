package apitest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// CloseReset is the close code of a visitor's socket after a logout.
const CloseReset = 4003

// Wire is a socket of a browser.
type Wire struct {
	T testing.TB
	*websocket.Conn
}

// Dial opens a socket; the error comes with the status of a refusal.
func (b *Browser) Dial(path string) (*Wire, int, error) {
	d := websocket.Dialer{Jar: b.Jar, HandshakeTimeout: Timeout, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(16 << 10)
		}
		return conn, err
	}}
	conn, resp, err := d.Dial("ws"+strings.TrimPrefix(b.World.URL, "http")+path, http.Header{"Origin": {b.World.URL}, AddressHeader: {b.Address}})
	status := 0
	if resp != nil {
		status = resp.StatusCode
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, status, err
	}
	return &Wire{b.World.T, conn}, status, nil
}

// Socket opens a visitor's socket.
func (b *Browser) Socket() *Wire {
	b.World.T.Helper()
	s, _, err := b.Dial("/_chat/socket")
	if err != nil {
		b.World.T.Fatal(err)
	}
	b.World.T.Cleanup(func() { _ = s.Close() })
	return s
}

// Hello opens a socket and says hello; it returns the answer.
func (b *Browser) Hello(tabSecret string, after int) (*Wire, Said) {
	b.World.T.Helper()
	s := b.Socket()
	s.Say(Obj{"t": "hello", "mark": tabSecret, "after": after})
	return s, s.Expect("hello")
}

// Say sends a frame.
func (s *Wire) Say(f Obj) {
	s.T.Helper()
	if err := s.WriteJSON(f); err != nil {
		s.T.Fatal(err)
	}
}

// Read reads one frame.
func (s *Wire) Read() (Said, error) {
	var f Said
	_ = s.SetReadDeadline(time.Now().Add(Timeout))
	return f, s.ReadJSON(&f)
}

// ReadRaw reads one frame as it comes.
func (s *Wire) ReadRaw() ([]byte, error) {
	_ = s.SetReadDeadline(time.Now().Add(Timeout))
	_, body, err := s.ReadMessage()
	return body, err
}

// Expect reads until a frame of a name comes.
func (s *Wire) Expect(kind string) Said {
	s.T.Helper()
	for {
		f, err := s.Read()
		if err != nil {
			s.T.Fatalf("waiting for %s: %v", kind, err)
		}
		if f.T == kind {
			return f
		}
	}
}

// CloseCode reads until the connection ends and returns the close code.
func (s *Wire) CloseCode() int {
	s.T.Helper()
	for {
		if _, err := s.Read(); err != nil {
			var e *websocket.CloseError
			if errors.As(err, &e) {
				return e.Code
			}
			s.T.Fatalf("waiting for the close frame: %v", err)
		}
	}
}

// Listing is a page of the inbox.
type Listing struct {
	T, Code       string
	Next          string
	Field         *struct{ Name, Value string }
	Assignee      string
	Conversations []struct{ Name string }
	Reached       int64
	Hits          []struct {
		Seq        int
		From, Text string
	}
}

// List asks a console for a page of its inbox.
func (s *Wire) List(ask Obj) (f Listing) {
	s.T.Helper()
	ask["t"] = "inbox"
	s.Say(ask)
	for f.T != "inbox" && f.T != "error" {
		_ = s.SetReadDeadline(time.Now().Add(Timeout))
		if err := s.ReadJSON(&f); err != nil {
			s.T.Fatal(err)
		}
	}
	return f
}
