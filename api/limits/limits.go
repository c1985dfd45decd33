package limits

import (
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/loglimit"
)

// Limits holds back who asks for too much in too short a time, by session and
// by network address. Each may do some things at once, a burst, and then one
// more every so often. What it remembers is bounded whatever arrives. It is safe
// for concurrent use; nil holds nobody back.
type Limits struct {
	log      *slog.Logger
	logLimit loglimit.Limit // of lines that an address is held back
	off      atomic.Bool
	seed     maphash.Seed
	now      func() time.Duration // a clock that never jumps, from any time on

	mu                  sync.Mutex
	addresses, sessions buckets
	open                map[uint64]int // sockets, by address and session: two entries of 16 bytes for each that is open
}

// logInterval is how often at most the log says that an address is held back.
const logInterval = time.Minute

// New returns limits that nobody has used up.
func New(log *slog.Logger) *Limits {
	began := time.Now()
	return &Limits{log: log, logLimit: loglimit.Limit{Burst: 1, Every: logInterval}, seed: maphash.MakeSeed(),
		now:       func() time.Duration { return time.Since(began) },
		addresses: newBuckets(), sessions: newBuckets(), open: map[uint64]int{}}
}

// Enable says whether anybody is held back at all, which is so at first. Those
// who load-test a server turn it off.
func (l *Limits) Enable(on bool) { l.off.Store(!on) }

// Take asks for one more of a class. The error is an *Exceeded.
func (l *Limits) Take(class Class, c Caller) error { return l.takeMany(class, c, 1) }

// TakeUpload asks for one more file of so many bytes, or of any size if that is
// negative. The error is an *Exceeded.
func (l *Limits) TakeUpload(c Caller, size int64) error {
	if err := l.Take(Upload, c); err != nil {
		return err
	}
	if size < 0 || size > chat.MaxAttachment {
		size = chat.MaxAttachment
	}
	return l.takeMany(UploadSize, c, int(size+uploadUnit-1)/uploadUnit)
}

// takeMany asks for n more of a class, all or none; n is at most a burst.
func (l *Limits) takeMany(class Class, c Caller, n int) error {
	if l == nil || l.off.Load() {
		return nil
	}
	bySession, byAddress := rates[class].session, c.times(rates[class].address)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if wait := l.addresses.wait(c.Network, class, byAddress, n, now); wait > 0 {
		l.logHeldBack(class)
		return &Exceeded{wait}
	}
	if c.HasSession {
		if wait := l.sessions.wait(c.Session, class, bySession, n, now); wait > 0 {
			return &Exceeded{wait}
		}
		l.sessions.take(c.Session, class, bySession, n, now)
	}
	l.addresses.take(c.Network, class, byAddress, n, now)
	return nil
}

// TakeSocket asks for one more open socket. The function returned must be called
// once, when it is closed. The error is an *Exceeded.
func (l *Limits) TakeSocket(c Caller) (release func(), err error) {
	if err := l.Take(Socket, c); err != nil {
		return nil, err
	}
	if l == nil || l.off.Load() {
		return func() {}, nil
	}
	most := maxAddressSockets
	if c.Local {
		most *= localFactor
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[c.Network] >= most {
		l.logHeldBack(Socket)
		return nil, &Exceeded{socketRetry}
	}
	if c.HasSession && l.open[c.Session] >= maxSessionSockets {
		return nil, &Exceeded{socketRetry}
	}
	l.open[c.Network]++
	if c.HasSession {
		l.open[c.Session]++
	}
	return func() { l.releaseSocket(c) }, nil
}

func (l *Limits) releaseSocket(c Caller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := [...]uint64{c.Network, c.Session}
	for i, key := range keys {
		if i == 1 && !c.HasSession {
			continue
		}
		if l.open[key]--; l.open[key] <= 0 {
			delete(l.open, key)
		}
	}
}

// logHeldBack says, now and then, that an address is held back.
func (l *Limits) logHeldBack(class Class) {
	l.logLimit.Log(l.log, slog.LevelWarn, "too much from one network address, some of it is refused; "+
		"if that is a proxy in front of Caddy, name it in trusted_proxies", "what", class.String())
}
