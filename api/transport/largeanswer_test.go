package transport_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// Who asks for much and reads none of it keeps little in memory, and keeps
// nobody elsewhere from their history.
func TestAnswersThatNobodyReadsAreBounded(t *testing.T) {
	w := apitest.New(t)
	const stranger, other = "203.0.113.1", "203.0.113.2"
	long := strings.Repeat("𝔞", chat.MaxText)
	fill := func(address string) (*apitest.Browser, string) {
		b := w.Browser(address)
		mark := b.Start("1")
		for n := range service.HistoryPage {
			b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": fmt.Sprintf("client-%05d", n), "text": long})
		}
		return b, mark
	}
	b, mark := fill(stranger)
	reader, readersMark := fill(other)

	server, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"mark":%q}`, mark)
	var cookies []string
	for _, c := range b.Jar.Cookies(server) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	held := []net.Conn{}
	defer func() {
		for _, conn := range held {
			_ = conn.Close()
		}
	}()
	refused := func() bool {
		f, err := b.Ask("/_chat/api/hello", apitest.Obj{"mark": mark})
		if err != nil {
			t.Fatal(err)
		}
		return f.HTTP == http.StatusTooManyRequests && f.Code == "rate_limited" && f.Retry > 0
	}
	for !refused() {
		if len(held) > 2*transport.MaxNetworkAnswers/(service.HistoryPage*len(long)) {
			t.Fatalf("%d answers wait for who does not read them, and one more is given", len(held))
		}
		conn, err := net.Dial("tcp", server.Host)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "POST /_chat/api/hello HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n%s: %s\r\nCookie: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			server.Host, w.URL, apitest.AddressHeader, stranger, strings.Join(cookies, "; "), len(body), body)
		if err != nil {
			t.Fatal(err)
		}
		one := make([]byte, 1)
		if _, err := conn.Read(one); err != nil { // it has begun
			t.Fatal(err)
		}
	}
	if f, err := reader.Ask("/_chat/api/hello", apitest.Obj{"mark": readersMark}); err != nil || len(f.Messages) != service.HistoryPage {
		t.Errorf("from elsewhere: %+v, %v", f.Code, err)
	}
	if f, err := b.Ask("/_chat/api/hello", apitest.Obj{}); err != nil || f.T != "hello" {
		t.Errorf("a short answer: %+v, %v", f, err)
	}
	for _, conn := range held {
		_ = conn.Close()
	}
	apitest.Eventually(t, "those who did not read are gone, and answers are given again", func() bool { return !refused() })
}

// What was missed comes in parts that are bounded in bytes, and all of it.
func TestWhatWasMissedComesInPartsAndWhole(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("1")
	long := strings.Repeat("𝔞", chat.MaxText)
	const all = 80 // 1.2 MB
	for n := 1; n < all; n++ {
		b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": fmt.Sprintf("client-%05d", n), "text": long})
	}
	last := 1
	for last < all {
		f := b.Post("hello", "hello", apitest.Obj{"mark": mark, "after": last})
		size := 0
		for _, m := range f.Messages {
			if m.Seq != last+1 {
				t.Fatalf("after %d comes %d", last, m.Seq)
			}
			last++
			size += len(m.Text)
		}
		if size == 0 || size > 600<<10 {
			t.Fatalf("after %d, %d bytes at once", last, size)
		}
	}
}
