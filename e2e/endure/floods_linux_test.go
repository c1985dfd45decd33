package endure

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// The requests of one flood: some with headers about as long as an operator
	// may let through (maxHeader), more with what Caddy takes by default (16 KB
	// and a bit).
	longRequests, longHeader   = 320 / fewer, 900 << 10
	shortRequests, shortHeader = 800 / fewer, 15 << 10
	maxHeader                  = "1MiB"
	// floodGrowth is by how much a flood may make the server's resident memory
	// grow, in bytes, and heapGrowth what is in use of it after a collection: half
	// of what any one field of the requests is together.
	floodGrowth = shadow * 60 << 20
	heapGrowth  = 24 << 20 / fewer
	// atATime is how many connections a flood has.
	atATime = 32
)

// flood is one kind of request that a stranger may send without proof of
// anything. No two of them have anything in common.
type flood struct {
	name   string
	probed bool // it goes to the site that asks its application who is signed in
	method string
	path   string
	header string // more lines, each with its CRLF; {n} is the number of the request, {host} the site's
	body   string // likewise
	held   bool   // the connection stays open afterwards
	// easier means that another one goes the same way and further: it is left out
	// with the race detector.
	easier bool
}

const (
	jsonHeader   = "Content-Type: application/json\r\nOrigin: http://{host}\r\n"
	socketHeader = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	madeUpToken  = "Cookie: parley-shop-session=made-up-{n}\r\n"
)

var floods = []flood{
	{name: "reset", easier: true, method: "POST", path: "/_chat/api/reset", header: jsonHeader, body: "{}"},
	{name: "reset, cookies made up", easier: true, method: "POST", path: "/_chat/api/reset", header: jsonHeader + madeUpToken, body: "{}"},
	{name: "reset, probed", probed: true, method: "POST", path: "/_chat/api/reset", header: jsonHeader + madeUpToken, body: "{}"},
	{name: "GET /out", easier: true, method: "GET", path: "/out"},
	{name: "GET /out, cookies made up", easier: true, method: "GET", path: "/out", header: madeUpToken},
	{name: "GET /out, probed", probed: true, method: "GET", path: "/out", header: madeUpToken},
	{name: "hello", easier: true, method: "POST", path: "/_chat/api/hello", header: jsonHeader + madeUpToken, body: `{"page":{"url":"http://x/{n}","title":"{n}"}}`},
	{name: "hello, probed", probed: true, method: "POST", path: "/_chat/api/hello", header: jsonHeader + madeUpToken, body: `{"page":{"url":"http://x/{n}","title":"{n}"}}`},
	{name: "tag", method: "POST", path: "/_chat/api/tag", header: jsonHeader + madeUpToken, body: `{"data":{"externalToken":"e30.{n}.e30"}}`},
	{name: "start", method: "POST", path: "/_chat/api/start", header: jsonHeader, body: `{"cid":"client-{n}","text":"hello {n}"}`},
	{name: "upload", method: "POST", path: "/_chat/api/upload", header: "Content-Type: application/octet-stream\r\nOrigin: http://{host}\r\n" + madeUpToken, body: "{\"name\":\"{n}.txt\"}\ntext"},
	{name: "not found", method: "GET", path: "/_chat/no/such/{n}"},
	{name: "pages", easier: true, method: "GET", path: "/", header: "Accept: text/html\r\n"},
	{name: "pages, cookies made up", easier: true, method: "GET", path: "/", header: "Accept: text/html\r\n" + madeUpToken},
	{name: "pages, probed", probed: true, method: "GET", path: "/", header: "Accept: text/html\r\n" + madeUpToken},
	{name: "sign-in", method: "POST", path: "/desk/api/login", header: jsonHeader, body: `{"email":"guess-{n}@example.com","password":"guess-{n}"}`},
	{name: "socket of a foreign page", method: "GET", path: "/_chat/socket", header: socketHeader + "Origin: http://foreign.example\r\n"},
	{name: "sockets held", easier: true, method: "GET", path: "/_chat/socket", header: socketHeader + "Origin: http://{host}\r\n" + madeUpToken, held: true},
	{name: "sockets held, probed", probed: true, method: "GET", path: "/_chat/socket", header: socketHeader + "Origin: http://{host}\r\n" + madeUpToken, held: true},
}

// TestFloodsKeepNoMemory sends each kind of request that strangers may send,
// with headers as long as Caddy lets through, and watches the server's memory:
// nothing of what they send may remain. PARLEY_ROUNDS=10 sends ten times as
// many.
func TestFloodsKeepNoMemory(t *testing.T) {
	// What is garbage is to be returned soon, so that what is not can be told.
	t.Setenv("GOGC", "50")
	t.Setenv("GOMEMLIMIT", "300MiB")
	w := newWorld(t)
	w.app.Config.SetKeepAlivesEnabled(true)
	probed := freeAddress(t)
	token := "token {\n\t\t\t\tkey 0123456789abcdef0123456789abcdef\n\t\t\t}"
	shop := strings.Replace(w.site("shop"), "identity {", "identity {\n\t\t\t"+token, 1)
	asking := strings.Replace(siteAt("http://"+probed, "probed", w.app.Listener.Addr().String()),
		"id X-User-Id\n\t\t\temail X-User-Email", "probe /me {\n\t\t\t\tid .id\n\t\t\t}", 1)
	w.write(strings.NewReplacer("limits off", "", "servers {", "servers {\n\t\tmax_header_size "+maxHeader).Replace(w.caddyfile(shop, asking)))
	w.start()
	n := rounds(t, 1)
	floods := slices.Clone(floods)
	if fewer > 1 {
		floods = slices.DeleteFunc(floods, func(f flood) bool { return f.easier })
	}
	for _, f := range floods {
		w.flood(f, probed, longRequests/10, shortRequests/10) // what is made once is there now
	}
	t.Logf("of each %d requests with headers of %d KB, and %d of %d KB; the server's resident memory:",
		n*longRequests, longHeader>>10, n*shortRequests, shortHeader>>10)
	for _, f := range floods {
		before, heap := w.settled(0), w.usage().heap
		began := time.Now()
		statuses, held := w.flood(f, probed, n*longRequests, n*shortRequests)
		took := time.Since(began)
		after, grown := w.settled(before+floodGrowth), w.usage().heap-heap
		for _, conn := range held {
			conn.Close()
		}
		t.Logf("%-28s in %5.1f s  %4d → %4d MiB, %3d of them in use  %s", f.name, took.Seconds(), before>>20, after>>20, grown>>20, statuses)
		if after > before+floodGrowth || grown > heapGrowth {
			t.Errorf("%s: the server keeps %d MiB of it", f.name, max(int(after-before), grown)>>20)
			w.kill() // or the next would suffer from it
			w.start()
		}
	}
}

// flood sends all of a flood's requests and returns what came of them.
func (w *world) flood(f flood, probed string, long, short int) (statuses string, held []net.Conn) {
	w.t.Helper()
	addr := w.addr
	if f.probed {
		addr = probed
	}
	var next, failed atomic.Int64
	var mu sync.Mutex
	answered := map[int]int{}
	var senders sync.WaitGroup
	for range atATime {
		senders.Go(func() {
			var conn net.Conn
			var in *bufio.Reader
			drop := func() {
				if conn != nil {
					conn.Close()
					conn = nil
				}
			}
			defer drop()
			for {
				i := int(next.Add(1))
				if i > long+short {
					return
				}
				size := shortHeader
				if i <= long {
					size = longHeader
				}
				if conn == nil {
					var err error
					if conn, err = net.Dial("tcp", addr); err != nil {
						failed.Add(1)
						continue
					}
					in = bufio.NewReader(conn)
				}
				_ = conn.SetDeadline(time.Now().Add(waitTimeout))
				status, closes, err := f.send(conn, in, addr, int(requests.Add(1)), size)
				mu.Lock()
				answered[status]++
				if f.held && status == http.StatusSwitchingProtocols {
					held, conn = append(held, conn), nil
				}
				mu.Unlock()
				if err != nil || closes {
					drop()
				}
			}
		})
	}
	senders.Wait()
	if n := failed.Load(); n > 0 {
		w.t.Errorf("%s: %d connections were refused", f.name, n)
	}
	return strings.TrimPrefix(fmt.Sprint(answered), "map"), held
}

// requests numbers all that were sent, so that no two are the same.
var requests atomic.Int64

// send sends one request, with so many bytes of header, and reads its answer.
func (f *flood) send(conn net.Conn, in *bufio.Reader, addr string, n, size int) (status int, closes bool, err error) {
	from := "203.0.113.9" // every other is of the same client
	if n%2 == 0 {
		from = fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff)
	}
	filler := strings.Repeat("x", size/6)
	fill := strings.NewReplacer("{n}", fmt.Sprintf("%016d", n), "{host}", addr).Replace
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s?%d%s HTTP/1.1\r\nHost: %s\r\n", f.method, fill(f.path), n, filler, addr)
	for _, name := range []string{"User-Agent", "Referer", "Accept-Language", "X-Forwarded-Host"} {
		fmt.Fprintf(&out, "%s: %d%s\r\n", name, n, filler)
	}
	fmt.Fprintf(&out, "X-Forwarded-For: %s\r\nCookie: made-up-%d=%s\r\n", from, n, filler)
	body := fill(f.body)
	fmt.Fprintf(&out, "%sContent-Length: %d\r\n\r\n%s", fill(f.header), len(body), body)
	if _, err := conn.Write(out.Bytes()); err != nil {
		return 0, true, err
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return 0, true, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp.StatusCode, false, nil
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Close, err
}

// settled is the server's resident memory in bytes once it is no more than
// wanted or, after a while, whatever it then is; with zero, once it falls no
// more.
func (w *world) settled(wanted int64) int64 {
	w.t.Helper()
	end := time.Now().Add(10 * time.Second)
	if wanted == 0 {
		end = time.Now().Add(time.Second)
	}
	least, same := int64(1<<62), 0
	for {
		w.profile("heap?gc=1")
		now := w.rss()
		if wanted > 0 && now <= wanted || time.Now().After(end) {
			return now
		}
		if now < least {
			least, same = now, 0
		} else if same++; wanted == 0 && same > 5 {
			return least
		}
		time.Sleep(50 * time.Millisecond) // between two looks
	}
}

func (w *world) rss() int64 {
	w.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		w.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kb int64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		w.t.Fatal(err)
	}
	return kb << 10
}

// What is left out with the race detector is in another flood in full.
func TestEasierFloodsAreCovered(t *testing.T) {
	for _, f := range floods {
		if !f.easier {
			continue
		}
		kind, _, _ := strings.Cut(f.name, ",")
		i := slices.IndexFunc(floods, func(g flood) bool { return g.name == kind+", probed" })
		if i < 0 {
			t.Errorf("%s: no flood is harder", f.name)
			continue
		}
		g := floods[i]
		if g.easier || !g.probed || g.method != f.method || g.path != f.path || !strings.HasPrefix(g.header, f.header) || g.body != f.body || g.held != f.held {
			t.Errorf("%s: %q sends something else: %+v", f.name, g.name, g)
		}
	}
}
