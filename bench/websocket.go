package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// chatSite is where a browser finds a chat.
type chatSite struct {
	addr   string
	secure bool // over TLS; nobody looks at the certificate
}

func (c chatSite) origin() string {
	if c.secure {
		return "https://" + c.addr
	}
	return "http://" + c.addr
}

// dial opens a connection that ends with the context's time.
func (c chatSite) dial(ctx context.Context) (conn net.Conn, err error) {
	dialer := new(net.Dialer)
	if c.secure {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(ctx, "tcp", c.addr)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", c.addr)
	}
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(deadline)
	}
	return conn, err
}

// Of a WebSocket's frame: RFC 6455, section 5.2.
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10

	finalBit  = 0x80
	maskBit   = 0x80
	length16  = 126
	length64  = 127
	maxHeader = 8 // with a mask and a length of at most 16 bits
)

// webSocket is a client's end. It does as little as it can: what the load
// driver takes is missing to the server on the same CPUs.
type webSocket struct {
	conn    net.Conn
	reader  *bufio.Reader
	out, in []byte
}

// openSocket upgrades a connection of its own.
func (c chatSite) openSocket(ctx context.Context, path, cookie string, bufferSize int) (*webSocket, error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening a socket: %w", err)
	}
	s := &webSocket{conn: conn, reader: bufio.NewReaderSize(conn, bufferSize)}
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: %s\r\n\r\n", path, c.addr, c.origin(), cookie)
	var resp *http.Response
	if err == nil {
		resp, err = http.ReadResponse(s.reader, nil)
	}
	if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(resp.Body)
		err = fmt.Errorf("the answer is %s: %s", resp.Status, body)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("opening a socket: %w", err)
	}
	return s, nil
}

func (s *webSocket) close() { s.conn.Close() }

// add queues a text frame. Its mask is all zeros, which leaves the bytes as
// they are: the server unmasks them all the same.
func (s *webSocket) add(text []byte) {
	s.out = appendFrame(s.out, opText, text)
}

func appendFrame(b []byte, op byte, payload []byte) []byte {
	b = append(b, finalBit|op)
	if n := len(payload); n < length16 {
		b = append(b, maskBit|byte(n))
	} else { // no longer ones are sent
		b = binary.BigEndian.AppendUint16(append(b, maskBit|length16), uint16(n))
	}
	b = append(b, 0, 0, 0, 0)
	return append(b, payload...)
}

// flush sends what is queued in one write.
func (s *webSocket) flush() error {
	if len(s.out) == 0 {
		return nil
	}
	_, err := s.conn.Write(s.out)
	s.out = s.out[:0]
	return err
}

// say sends one frame.
func (s *webSocket) say(text string) error {
	s.add([]byte(text))
	return s.flush()
}

// buffered reports whether there is something to read without waiting.
func (s *webSocket) buffered() bool { return s.reader.Buffered() > 0 }

// next returns the next text frame, which is valid until the call after. It
// answers pings.
func (s *webSocket) next() ([]byte, error) {
	for {
		op, payload, err := s.frame()
		if err != nil {
			return nil, err
		}
		switch op {
		case opText:
			return payload, nil
		case opPing:
			if _, err := s.conn.Write(appendFrame(make([]byte, 0, maxHeader+len(payload)), opPong, payload)); err != nil {
				return nil, err
			}
		case opClose:
			return nil, fmt.Errorf("the server closed a socket: %w", closeError(payload))
		}
	}
}

func closeError(payload []byte) error {
	if len(payload) < 2 {
		return errors.New("no reason given")
	}
	return fmt.Errorf("code %d", binary.BigEndian.Uint16(payload))
}

func (s *webSocket) frame() (op byte, payload []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(s.reader, head[:2]); err != nil {
		return 0, nil, err
	}
	op = head[0] &^ finalBit
	if head[0]&finalBit == 0 {
		return 0, nil, errors.New("the server sent a frame in parts")
	}
	n := uint64(head[1])
	switch n {
	case length16:
		_, err = io.ReadFull(s.reader, head[:2])
		n = uint64(binary.BigEndian.Uint16(head[:2]))
	case length64:
		_, err = io.ReadFull(s.reader, head[:8])
		n = binary.BigEndian.Uint64(head[:8])
	}
	const most = 1 << 20 // a page of long messages is less
	if err == nil && n > most {
		err = fmt.Errorf("the server sent a frame of %d bytes", n)
	}
	if err != nil {
		return 0, nil, err
	}
	if cap(s.in) < int(n) {
		s.in = make([]byte, n)
	}
	payload = s.in[:n]
	_, err = io.ReadFull(s.reader, payload)
	return op, payload, err
}

// until reads frames up to one of the kind.
func (s *webSocket) until(kind string) ([]byte, error) {
	for {
		frame, err := s.next()
		if err != nil {
			return nil, fmt.Errorf("waiting for %s: %w", kind, err)
		}
		if strings.HasPrefix(string(frame), `{"t":"`+kind+`"`) {
			return frame, nil
		}
		if strings.HasPrefix(string(frame), `{"t":"error"`) {
			return nil, fmt.Errorf("waiting for %s: the server said %s", kind, frame)
		}
	}
}

// post says a frame over HTTP, as the page's script does, and returns the
// cookies that came with the answer.
func (c chatSite) post(ctx context.Context, client *http.Client, path, cookie, body string) (answer []byte, cookies string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.origin()+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", c.origin())
	r.Header.Set("Cookie", cookie)
	resp, err := client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		return nil, "", fmt.Errorf("reading the answer to %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("the answer to %s is %s: %s", path, resp.Status, answer)
	}
	var all []string
	for _, set := range resp.Cookies() {
		all = append(all, set.Name+"="+set.Value)
	}
	return answer, strings.Join(all, "; "), nil
}

// httpClient keeps at most so many connections open.
func httpClient(connections int) *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
}
