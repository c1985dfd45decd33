package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// later lets time pass for limits.
func (l *Limits) later(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.base = l.base.Add(-d)
}

func TestFloodOfChatsFromOneAddressIsHeldBack(t *testing.T) {
	w := newWorld(t)
	refused := 0
	var last said
	for range limits[kindStart].address.burst + 20 {
		f, err := w.browser("203.0.113.9").ask("/_chat/api/start", obj{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Code == "rate_limited" {
			refused++
			last = f
		}
	}
	if refused < 10 || last.HTTP != http.StatusTooManyRequests || last.Retry < 1 || last.Header.Get("Retry-After") == "" {
		t.Fatalf("%d were refused, the last %+v", refused, last)
	}
	w.browser("203.0.113.10").post("start", "hello", obj{}) // from elsewhere
	w.limits.later(time.Duration(last.Retry) * time.Second)
	w.browser("203.0.113.9").post("start", "hello", obj{}) // and when it was said
}

// An office of 200 behind one address all come at once, after a restart say,
// and poll, because their proxy lets no socket pass.
func TestOfficeBehindOneAddressIsNotHeldBack(t *testing.T) {
	w := newWorld(t)
	const people = 200
	turns := make(chan struct{}, 16)
	var wait sync.WaitGroup
	for i := range people {
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			b := w.browser("203.0.113.9")
			first, err := b.ask("/_chat/api/start", obj{"cid": "client-0", "text": "hello"})
			if err != nil || first.T != "hello" {
				t.Errorf("person %d: %+v %v", i, first, err)
				return
			}
			for _, kind := range []string{"hello", "send", "hello"} {
				f, err := b.ask("/_chat/api/"+kind, obj{"mark": first.Mark, "cid": "client-1", "text": "more"})
				if err != nil || f.T == "error" {
					t.Errorf("person %d, %s: %+v %v", i, kind, f, err)
				}
			}
			if s, status, err := b.dial("/_chat/socket"); err != nil {
				t.Errorf("person %d, a socket: %d %v", i, status, err)
			} else {
				_ = s.Close()
			}
		})
	}
	wait.Wait()
}

func TestFloodOfMessagesIsHeldBack(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	mark := b.start("hello")
	s, _ := b.hello(mark, 0)
	many := limits[kindMessage].session.burst * 2
	go func() {
		for n := range many {
			if s.WriteJSON(obj{"t": "send", "cid": fmt.Sprint("flood-", 1000+n), "text": "x"}) != nil {
				return
			}
		}
	}()
	acks, refused := 0, 0
	for acks+refused < many {
		f, err := s.read()
		switch {
		case err != nil:
			t.Fatal(err)
		case f.T == "ack":
			acks++
		case f.T == "error":
			if f.Code != "rate_limited" || f.Retry < 1 || !strings.HasPrefix(f.CID, "flood-") {
				t.Fatalf("%+v", f)
			}
			refused++
		}
	}
	if list := w.inbox(); refused == 0 || int(list[0].Last) != acks+1 {
		t.Fatalf("%d acknowledged, %d refused, %d stored", acks, refused, list[0].Last-1)
	}
	// By HTTP it is the same session; another one is not concerned.
	if f := b.post("send", "error", obj{"mark": mark, "cid": "client-9", "text": "x"}); f.Code != "rate_limited" {
		t.Fatalf("%+v", f)
	}
	w.browser("203.0.113.1").start("from the same office")
	// What is held back is not lost: it may come later, and is there once.
	w.limits.later(time.Minute)
	b.post("send", "ack", obj{"mark": mark, "cid": "client-9", "text": "x"})
}

func TestFloodOfOtherFramesIsHeldBack(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	mark := b.start("hello")
	s, _ := b.hello(mark, 0)
	// What was asked for meanwhile may be allowed again, so that many frames
	// may pass on a slow machine, but not all of them.
	const most = 100
	for tries := 0; ; tries++ {
		if tries == most {
			t.Fatal("no flood is held back")
		}
		for range limits[kindAsk].session.burst {
			s.say(obj{"t": "typing", "on": true})
		}
		s.say(obj{"t": "earlier", "before": 1})
		if f, err := s.read(); err != nil {
			t.Fatal(err)
		} else if f.T == "error" {
			if f.Code != "rate_limited" {
				t.Fatalf("%+v", f)
			}
			break
		}
	}
	for tries := 0; ; tries++ { // polling is of the same session
		if tries == most {
			t.Fatal("no polling is held back")
		}
		if f, err := b.ask("/_chat/api/hello", obj{"mark": mark}); err != nil {
			t.Fatal(err)
		} else if f.T == "error" {
			if f.Code != "rate_limited" {
				t.Fatalf("polling: %+v", f)
			}
			break
		}
	}
	b.post("reset", "reset", obj{"mark": mark}) // a logout is never held back
	if code := s.closed(); code != closeReset {
		t.Fatalf("closed with %d", code)
	}
}

func TestSocketsOfOneSessionAreCounted(t *testing.T) {
	w := newWorld(t)
	b := w.browser("203.0.113.1")
	b.start("hello")
	var open []*wire
	for range maxSessionSockets {
		w.limits.later(time.Minute)
		open = append(open, b.socket())
	}
	w.limits.later(time.Minute)
	if _, status, err := b.dial("/_chat/socket"); err == nil || status != http.StatusTooManyRequests {
		t.Fatalf("one too many: %d %v", status, err)
	}
	for _, s := range open {
		_ = s.Close()
	}
	eventually(t, "the places are free again", func() bool {
		w.limits.mu.Lock()
		defer w.limits.mu.Unlock()
		return len(w.limits.open) == 0
	})
	b.socket()
}

func TestSocketsOfOneAddressAreCounted(t *testing.T) {
	l := NewLimits(slog.New(slog.DiscardHandler))
	var free []func()
	for n := range maxAddressSockets {
		l.later(time.Minute)
		closed, err := l.socket(l.caller("203.0.113.1", fmt.Sprint("session", n)))
		if err != nil {
			t.Fatalf("socket %d: %v", n, err)
		}
		free = append(free, closed)
	}
	l.later(time.Minute)
	if _, err := l.socket(l.caller("203.0.113.1", "another")); err == nil {
		t.Fatal("one too many was allowed")
	}
	free[0]()
	l.later(time.Minute)
	if _, err := l.socket(l.caller("203.0.113.1", "another")); err != nil {
		t.Fatal(err)
	}
}

func TestUploadsAreHeldBack(t *testing.T) {
	l := NewLimits(slog.New(slog.DiscardHandler))
	a, b := l.caller("203.0.113.1", "a"), l.caller("203.0.113.1", "b")
	for range limits[kindUpload].session.burst {
		if err := l.takeUpload(a, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.takeUpload(a, 1); err == nil || newErrorFrame(err).Code != "rate_limited" {
		t.Fatalf("one too many: %v", err)
	}
	if err := l.takeUpload(b, 1); err != nil {
		t.Fatalf("another session: %v", err)
	}
	l.Enable(false)
	if err := l.takeUpload(a, 1); err != nil {
		t.Fatalf("with limits off: %v", err)
	}
}

// Large files are held back before there are too many of them, by what a
// request says of its size; one that does not say counts as the largest.
func TestBytesOfUploadsAreHeldBack(t *testing.T) {
	for _, size := range []int64{chat.MaxAttachment, maxHead + chat.MaxAttachment, -1} {
		l := NewLimits(slog.New(slog.DiscardHandler))
		// upload uploads until that is refused, and returns how often it was not.
		upload := func(address, session string) (files int) {
			for l.takeUpload(l.caller(address, session), size) == nil {
				if files++; files > limits[kindUpload].address.burst {
					t.Fatal("as many as of small ones")
				}
			}
			return files
		}
		if n := upload("203.0.113.1", "a"); n != 5 {
			t.Errorf("%d bytes: a session may upload %d", size, n)
		}
		of := 5
		for n := range 5 {
			of += upload("203.0.113.1", fmt.Sprint("another-", n))
		}
		if of != 20 {
			t.Errorf("%d bytes: an address may upload %d", size, of)
		}
		if err := l.takeUpload(l.caller("203.0.113.2", "b"), size); err != nil {
			t.Errorf("%d bytes, from elsewhere: %v", size, err)
		}
		l.later(time.Minute)
		if n := upload("203.0.113.1", "a"); n != 1 {
			t.Errorf("%d bytes: %d a minute later", size, n)
		}
	}
}

// One client may use all of its network of 64 bits.
func TestAddressesThatCountAsOne(t *testing.T) {
	l := NewLimits(slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		a, b string
		one  bool
	}{
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"203.0.113.1", "203.0.113.2", false},
		{"203.0.113.1", "::ffff:203.0.113.1", true},
		{"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		if one := l.caller(c.a, "").address == l.caller(c.b, "").address; one != c.one {
			t.Errorf("%s and %s are one: %v", c.a, c.b, one)
		}
	}
	for address, local := range map[string]bool{"127.0.0.1": true, "::1": true, "": true, "@": true, "10.0.0.1": false, "203.0.113.1": false} {
		if got := l.caller(address, "").local; got != local {
			t.Errorf("%q is local: %v", address, got)
		}
	}
}

// Whatever arrives, what is remembered of it is bounded, and a flood does not
// make its own address forgotten.
func TestMemoryOfLimitsIsBounded(t *testing.T) {
	l := NewLimits(slog.New(slog.DiscardHandler))
	refused := 0
	for n := range 3 * maxBuckets {
		if l.take(kindAsk, l.caller("203.0.113.1", fmt.Sprint("made-up-", n))) != nil {
			refused++
		}
		_ = l.take(kindStart, l.caller(fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff), ""))
	}
	for _, b := range []buckets{l.sessions, l.addresses} {
		if n := b.len(); n > 2*maxBuckets {
			t.Errorf("%d are remembered", n)
		}
	}
	if refused < 2*maxBuckets {
		t.Errorf("of %d requests from one address %d were refused", 3*maxBuckets, refused)
	}
}
