package limits

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// Stop stops the clock, so that what is refused does not depend on how fast the
// machine is. It is called before anything is asked for.
func (l *Limits) Stop() *Limits {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = func() time.Duration { return 0 }
	return l
}

// Later lets time pass.
func (l *Limits) Later(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now
	l.now = func() time.Duration { return now() + d }
}

func TestSocketsOfOneAddressAreCounted(t *testing.T) {
	l := New(slog.New(slog.DiscardHandler)).Stop()
	var free []func()
	for n := range maxAddressSockets {
		l.Later(time.Minute)
		closed, err := l.TakeSocket(l.Caller("203.0.113.1", fmt.Sprint("session", n)))
		if err != nil {
			t.Fatalf("socket %d: %v", n, err)
		}
		free = append(free, closed)
	}
	l.Later(time.Minute)
	if _, err := l.TakeSocket(l.Caller("203.0.113.1", "another")); err == nil {
		t.Fatal("one too many was allowed")
	}
	free[0]()
	l.Later(time.Minute)
	if _, err := l.TakeSocket(l.Caller("203.0.113.1", "another")); err != nil {
		t.Fatal(err)
	}
}

func TestUploadsAreHeldBack(t *testing.T) {
	l := New(slog.New(slog.DiscardHandler)).Stop()
	a, b := l.Caller("203.0.113.1", "a"), l.Caller("203.0.113.1", "b")
	for range rates[Upload].session.burst {
		if err := l.TakeUpload(a, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.TakeUpload(a, 1); err == nil || !errors.Is(err, chat.ErrRateLimited) {
		t.Fatalf("one too many: %v", err)
	}
	if err := l.TakeUpload(b, 1); err != nil {
		t.Fatalf("another session: %v", err)
	}
	l.Enable(false)
	if err := l.TakeUpload(a, 1); err != nil {
		t.Fatalf("with limits off: %v", err)
	}
}

// Large files are held back before there are too many of them, by what a
// request says of its size; one that does not say counts as the largest.
func TestBytesOfUploadsAreHeldBack(t *testing.T) {
	for _, size := range []int64{chat.MaxAttachment, 4<<10 + chat.MaxAttachment, -1} {
		l := New(slog.New(slog.DiscardHandler)).Stop()
		// upload uploads until that is refused, and returns how often it was not.
		upload := func(address, session string) (files int) {
			for l.TakeUpload(l.Caller(address, session), size) == nil {
				if files++; files > rates[Upload].address.burst {
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
		if err := l.TakeUpload(l.Caller("203.0.113.2", "b"), size); err != nil {
			t.Errorf("%d bytes, from elsewhere: %v", size, err)
		}
		l.Later(time.Minute)
		if n := upload("203.0.113.1", "a"); n != 1 {
			t.Errorf("%d bytes: %d a minute later", size, n)
		}
	}
}

// One client may use all of its network of 64 bits.
func TestAddressesThatCountAsOne(t *testing.T) {
	l := New(slog.New(slog.DiscardHandler)).Stop()
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
		if one := l.Caller(c.a, "").Network == l.Caller(c.b, "").Network; one != c.one {
			t.Errorf("%s and %s are one: %v", c.a, c.b, one)
		}
	}
	for address, local := range map[string]bool{"127.0.0.1": true, "::1": true, "": true, "@": true, "10.0.0.1": false, "203.0.113.1": false} {
		if got := l.Caller(address, "").Local; got != local {
			t.Errorf("%q is local: %v", address, got)
		}
	}
}

// Whatever arrives, what is remembered of it is bounded, and a flood does not
// make its own address forgotten.
func TestMemoryOfLimitsIsBounded(t *testing.T) {
	l := New(slog.New(slog.DiscardHandler)).Stop()
	refused := 0
	for n := range 2 * maxBuckets {
		if l.Take(Request, l.Caller("203.0.113.1", fmt.Sprint("made-up-", n))) != nil {
			refused++
		}
		_ = l.Take(Start, l.Caller(fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff), ""))
	}
	for _, b := range []*buckets{&l.sessions, &l.addresses} {
		if n := b.Len(); n > maxBuckets {
			t.Errorf("%d are remembered", n)
		}
	}
	if refused < maxBuckets {
		t.Errorf("of %d requests from one address %d were refused", 2*maxBuckets, refused)
	}
}
