package api

import (
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Limits holds back who asks for too much in too short a time, by session and
// by network address. Each may do some things at once, a burst, and then one
// more every so often. What it remembers is bounded whatever arrives. It is safe
// for concurrent use; nil holds nobody back.
type Limits struct {
	log  *slog.Logger
	off  atomic.Bool
	seed maphash.Seed
	base time.Time // the clock counts from here, and never jumps

	mu                  sync.Mutex
	addresses, sessions buckets
	open                map[uint64]int // sockets, by address and session: two entries of 16 bytes for each that is open
	told                time.Duration
}

// kind is what is counted.
type kind uint8

const (
	// kindStart: a new anonymous session, or another mark of one.
	kindStart kind = iota
	// kindMessage: a message, of a visitor or an agent.
	kindMessage
	// kindAsk: any other frame, polling among them.
	kindAsk
	// kindUpload: a file.
	kindUpload
	// kindSocket: a socket that is opened.
	kindSocket
	// kindUploadSize: uploadUnit bytes of files.
	kindUploadSize
	// kindLogout: a logout. One that ends a session is never held back.
	kindLogout
)

// uploadUnit is in what the bytes of files are counted.
const uploadUnit = 64 << 10

// rate is a burst, and how long it takes until one more is allowed.
type rate struct {
	burst int
	every time.Duration
}

// limits are, for each kind, those of a session and of an address. Behind one
// address there may be an office of 200 people who all come back at once, each
// with some tabs, after a restart. They are told in docs/protocol.md.
var limits = [...]struct{ session, address rate }{
	kindStart:   {rate{20, 10 * time.Second}, rate{300, 5 * time.Second}},
	kindMessage: {rate{120, time.Second / 2}, rate{2400, time.Second / 40}},
	kindAsk:     {rate{300, time.Second / 10}, rate{3000, time.Second / 200}},
	kindUpload:  {rate{20, 10 * time.Second}, rate{200, time.Second}},
	kindSocket:  {rate{60, time.Second}, rate{1500, time.Second / 30}},
	// 50 MiB, 10 more a minute; 200 MiB, 30 more a minute
	kindUploadSize: {rate{50 << 20 / uploadUnit, time.Minute / (10 << 20 / uploadUnit)}, rate{200 << 20 / uploadUnit, time.Minute / (30 << 20 / uploadUnit)}},
	kindLogout:     {rate{20, time.Second}, rate{300, time.Second / 20}},
}

const (
	// maxSessionSockets and maxAddressSockets are how many sockets may be open
	// at a time.
	maxSessionSockets = 64
	maxAddressSockets = 2000
	// localFactor is how many times as much a loopback address may do: what
	// comes from there is often a proxy that Caddy was not told of
	// (trusted_proxies), with all visitors behind it.
	localFactor = 50
	// socketWait is when it is worth trying again to open one too many.
	socketWait = 30 * time.Second
	// tellEvery is how often at most the log tells that an address is held back.
	tellEvery = time.Minute
)

// NewLimits returns limits that nobody has used up.
func NewLimits(log *slog.Logger) *Limits {
	few := func() buckets { return buckets{generations[bucketKey, time.Duration]{most: maxBuckets}} }
	return &Limits{log: log, seed: maphash.MakeSeed(), base: time.Now(), addresses: few(), sessions: few(),
		open: map[uint64]int{}, told: -tellEvery}
}

// Enable says whether anybody is held back at all, which is so at first. Those
// who load-test a server turn it off.
func (l *Limits) Enable(on bool) { l.off.Store(!on) }

// takeUpload asks for one more file of so many bytes, or of any size if that is
// negative.
func (l *Limits) takeUpload(c caller, size int64) error {
	if err := l.take(kindUpload, c); err != nil {
		return err
	}
	if size < 0 || size > chat.MaxAttachment {
		size = chat.MaxAttachment
	}
	return l.takeMany(kindUploadSize, c, int(size+uploadUnit-1)/uploadUnit)
}

// caller is who asks.
type caller struct {
	address, session uint64
	known            bool // there is a session
	local            bool
}

// caller names who asks, by its network and its session.
func (l *Limits) caller(address, session string) caller {
	if l == nil {
		return caller{}
	}
	return caller{local: IsLocal(address), known: session != "",
		address: maphash.Comparable(l.seed, Network(address)), session: maphash.String(l.seed, session)}
}

// times is a rate for what comes from a caller's address.
func (c caller) times(r rate) rate {
	if c.local {
		return rate{r.burst * localFactor, r.every / localFactor}
	}
	return r
}

// take asks for one more of a kind.
func (l *Limits) take(what kind, c caller) error { return l.takeMany(what, c, 1) }

// takeMany asks for n more of a kind, all or none; n is at most a burst.
func (l *Limits) takeMany(what kind, c caller, n int) error {
	if l == nil || l.off.Load() {
		return nil
	}
	bySession, byAddress := limits[what].session, c.times(limits[what].address)
	now := time.Since(l.base)
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := l.addresses.wait(c.address, what, byAddress, n, now); wait > 0 {
		l.tell(what, now)
		return &limitedError{wait}
	}
	if c.known {
		if wait := l.sessions.wait(c.session, what, bySession, n, now); wait > 0 {
			return &limitedError{wait}
		}
		l.sessions.take(c.session, what, bySession, n, now)
	}
	l.addresses.take(c.address, what, byAddress, n, now)
	return nil
}

// socket asks for one more open socket. The function returned must be called
// once, when it is closed.
func (l *Limits) socket(c caller) (closed func(), err error) {
	if err := l.take(kindSocket, c); err != nil {
		return nil, err
	}
	if l == nil || l.off.Load() {
		return func() {}, nil
	}
	most := maxAddressSockets
	if c.local {
		most *= localFactor
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[c.address] >= most {
		l.tell(kindSocket, time.Since(l.base))
		return nil, &limitedError{socketWait}
	}
	if c.known && l.open[c.session] >= maxSessionSockets {
		return nil, &limitedError{socketWait}
	}
	l.open[c.address]++
	if c.known {
		l.open[c.session]++
	}
	return func() { l.closed(c) }, nil
}

func (l *Limits) closed(c caller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := [...]uint64{c.address, c.session}
	for i, key := range keys {
		if i == 1 && !c.known {
			continue
		}
		if l.open[key]--; l.open[key] <= 0 {
			delete(l.open, key)
		}
	}
}

// tell logs, now and then, that an address is held back.
func (l *Limits) tell(what kind, now time.Duration) {
	if now-l.told < tellEvery {
		return
	}
	l.told = now
	names := [...]string{"starting chats", "messages", "requests", "uploads", "sockets", "bytes of uploads", "logouts"}
	l.log.Warn("too much from one network address, some of it is refused; "+
		"if that is a proxy in front of Caddy, name it in trusted_proxies", "what", names[what])
}

// buckets remembers how much was used up, by key and kind, as the time at which
// all of it is allowed again. When there are too many, those that were not used
// since as many others came are forgotten: they may have a burst anew, and nobody
// is refused for it.
type buckets struct {
	generations[bucketKey, time.Duration]
}

type bucketKey struct {
	who  uint64
	what kind
}

// maxBuckets bounds each of the two halves, in pairs of who and what. There are
// two such tables, of sessions and of addresses: 2 × 2 × 32,768 entries of some
// 50 bytes, 7 MB.
const maxBuckets = 1 << 15

// wait returns how long until n more are allowed; zero or less means now.
func (b *buckets) wait(who uint64, what kind, r rate, n int, now time.Duration) time.Duration {
	full, _ := b.get(bucketKey{who, what})
	return full - now - r.every*time.Duration(r.burst-n)
}

func (b *buckets) take(who uint64, what kind, r rate, n int, now time.Duration) {
	k := bucketKey{who, what}
	full, _ := b.get(k)
	b.put(k, max(full, now)+r.every*time.Duration(n))
}
