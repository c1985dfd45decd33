package api

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chat"
)

// heartbeat is how often each connection is asked whether it still lives and
// may still live. Idle connections are cut by some proxies after a minute.
const heartbeat = 25 * time.Second

// beatSlices are how many parts the connections are divided into for that, so that
// thousands are not asked in one moment.
const beatSlices = 25

// Live keeps the WebSockets of one process: it gives each its heartbeat, and
// ends them all when the server goes. So it does with files on their way, of
// which it allows a bounded number.
type Live struct {
	log  *slog.Logger
	beat time.Duration

	uploads, downloads transfers

	waiting atomic.Int64 // bytes that wait for all sockets, see weight

	mu sync.Mutex
	// sockets, to their slice of the heartbeat. There are as many as Limits and
	// the system's bound of open files allow, at some 5 KB each and what waits
	// for it (see weight).
	sockets map[*socket]int
	next    int
	closed  bool
	stop    chan struct{}
	done    sync.WaitGroup
}

// NewLive starts the heartbeat. Close ends it.
func NewLive(log *slog.Logger) *Live { return newLive(log, heartbeat) }

func newLive(log *slog.Logger, beat time.Duration) *Live {
	l := &Live{log: log, beat: beat, sockets: map[*socket]int{}, stop: make(chan struct{})}
	l.done.Go(l.run)
	return l
}

// silence is after how long without a sign of life the other end is gone: two
// heartbeats and a bit.
func (l *Live) silence() time.Duration { return l.beat * 12 / 5 }

// farewell is how long connections have to take their leave when the server
// goes: who stops it does not wait for somebody's dead network.
const farewell = 1500 * time.Millisecond

// Close tells every connection to come back later, closes it and waits until
// none is served any more, which takes about as long as farewell at most.
func (l *Live) Close() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	close(l.stop)
	l.uploads.close()
	l.downloads.close()
	for s := range l.sockets {
		s.push(chat.Event{Kind: chat.EventRestart})
	}
	l.mu.Unlock()
	late := time.AfterFunc(farewell, l.sever)
	defer late.Stop()
	l.done.Wait()
}

// sever cuts what is still connected.
func (l *Live) sever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.sockets {
		_ = s.conn.Close()
	}
}

// add registers a connection; false means that the server is going away.
func (l *Live) add(s *socket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.sockets[s] = l.next % beatSlices
	l.next++
	l.done.Add(1)
	return true
}

func (l *Live) remove(s *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.sockets[s]; ok {
		delete(l.sockets, s)
		l.done.Done()
	}
}

// run asks one slice of the connections after the other: one timer serves all.
func (l *Live) run() {
	ticker := time.NewTicker(l.beat / beatSlices)
	defer ticker.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-l.stop:
			return
		case <-ticker.C:
		}
		l.mu.Lock()
		for s, slice := range l.sockets {
			if slice == turn%beatSlices {
				s.push(beatItem{})
			}
		}
		l.mu.Unlock()
	}
}

// beatItem asks a connection whether it lives.
type beatItem struct{}
