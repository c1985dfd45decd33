package endure

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// idleSockets is how many sockets the benchmark holds. Both ends are on one
// machine, each within the usual 20,000 open files of a process.
const idleSockets = 8000

// BenchmarkIdleSockets tells what an idle socket costs the server, in memory
// beyond that of a server without sockets. Each is of a person of their own, who
// has a conversation:
//
//	go test -run '^$' -bench IdleSockets -benchtime 1x ./endure
func BenchmarkIdleSockets(b *testing.B) {
	for _, scheme := range []string{"http", "https"} {
		b.Run(scheme, func(b *testing.B) {
			for range b.N {
				measureIdle(b, scheme)
			}
		})
	}
}

func measureIdle(b *testing.B, scheme string) {
	w := newWorld(b)
	url := scheme + "://" + w.addr
	w.write(strings.Replace(w.caddyfile(siteAt(url, "shop", w.app.Listener.Addr().String())),
		"auto_https off", "auto_https disable_redirects\n\tskip_install_trust", 1))
	w.start()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	visitors := make([]*visitor, idleSockets)
	inParallel(b, len(visitors), func(i int) error {
		v := &visitor{w: w, person: true, b: newBrowser(url, fmt.Sprintf("10.1.%d.%d", i>>8, i&255)), account: newAccount(b, fmt.Sprint("person", i))}
		defer v.b.client.CloseIdleConnections()
		visitors[i] = v
		if err := v.arrive(ctx); err != nil {
			return err
		}
		_, err := v.b.post(ctx, "/_chat/api/send", obj{"cid": "client-1", "text": "I just look around"})
		return err
	})
	// Anew, so that no room is left that all this has taken.
	w.kill()
	w.start()
	open := func(v *visitor) error {
		return again(ctx, func() error { return v.idle(ctx) })
	}
	warm := idleSockets / 10
	inParallel(b, warm, func(i int) error { return open(visitors[i]) })
	before, heapBefore := w.resident(), w.usage()
	inParallel(b, len(visitors)-warm, func(i int) error { return open(visitors[warm+i]) })
	after, heapAfter := w.resident(), w.usage()
	n := float64(len(visitors) - warm)
	b.ReportMetric(float64(after-before)/1024/n, "KB-resident/socket")
	b.ReportMetric(float64(heapAfter.heap-heapBefore.heap)/1024/n, "KB-heap/socket")
	b.ReportMetric(float64(heapAfter.stack-heapBefore.stack)/1024/n, "KB-stack/socket")
	b.ReportMetric(float64(heapAfter.goroutines-heapBefore.goroutines)/n, "goroutines/socket")
	b.ReportMetric(0, "ns/op") // how long it takes says nothing
	if path := os.Getenv("PARLEY_PROFILE"); path != "" {
		if err := os.WriteFile(path+"."+scheme, []byte(w.profile("heap?gc=1")), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// idle opens a socket that stays until the context ends, and answers when it is
// asked whether it lives.
func (v *visitor) idle(ctx context.Context) error {
	conn, err := v.b.dial(ctx, "/_chat/socket")
	if err != nil {
		return err
	}
	if err := conn.WriteJSON(obj{"t": "hello"}); err != nil {
		return err
	}
	if err := next(conn, "hello"); err != nil {
		return err
	}
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	return nil
}

// inParallel runs something so many times, some at a time.
func inParallel(b *testing.B, n int, f func(int) error) {
	b.Helper()
	var workers sync.WaitGroup
	turn := make(chan int)
	failed := make(chan error, 1)
	for range 32 {
		workers.Go(func() {
			for i := range turn {
				if err := f(i); err != nil {
					select {
					case failed <- fmt.Errorf("%d: %w", i, err):
					default:
					}
				}
			}
		})
	}
	for i := range n {
		turn <- i
	}
	close(turn)
	workers.Wait()
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
}

// resident is the memory of the server that is not of files, in bytes, once it
// has collected its garbage and does not change any more.
func (w *world) resident() int64 {
	w.t.Helper()
	var last int64
	for same := 0; same < 3; {
		w.profile("heap?gc=1")
		time.Sleep(time.Second) // the runtime hands freed memory back bit by bit
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
		if err != nil {
			w.t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "RssAnon:")
		var kb int64
		if _, err := fmt.Sscan(rest, &kb); err != nil {
			w.t.Fatal(err)
		}
		if now := kb << 10; now > last-last/200 && now < last+last/200 {
			same++
		} else {
			last, same = now, 0
		}
	}
	return last
}
