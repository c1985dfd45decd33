package transport

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// recorder is a connection that notes each write.
type recorder struct {
	net.Conn
	writes []string
	err    error
	timed  int  // deadlines that were set
	fresh  bool // one was set since the last write
	stale  int  // writes with the deadline of another
}

func (r *recorder) SetWriteDeadline(time.Time) error {
	r.timed++
	r.fresh = true
	return nil
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if !r.fresh {
		r.stale++
	}
	r.fresh = false
	r.writes = append(r.writes, string(p))
	return len(p), nil
}

// TestCorkSendsTogether: frames that are sent one after the other cost one
// write and one deadline, in their order, and what is big is not collected without
// bound.
func TestCorkSendsTogether(t *testing.T) {
	r := &recorder{}
	c := &corked{Conn: r}
	write := func(text string) {
		t.Helper()
		_ = c.SetWriteDeadline(time.Now().Add(writeTimeout)) // as the WebSocket does for each frame
		if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("wrote %d of %d bytes, %v", n, len(text), err)
		}
	}
	uncork := func() {
		t.Helper()
		if err := c.uncork(); err != nil {
			t.Fatal(err)
		}
	}
	long, big := strings.Repeat("l", maxCorked-1), strings.Repeat("b", maxCorked+1)
	write("handshake")
	c.cork()
	write("one ")
	write("two")
	uncork()
	write("pong")
	c.cork()
	uncork()
	c.cork()
	write("a")
	write(long)
	write("z")
	write(big)
	write("end")
	uncork()
	want := []string{"handshake", "one two", "pong", "a" + long, "z", big, "end"}
	if !slices.Equal(r.writes, want) {
		for i, w := range r.writes {
			t.Logf("write %d: %d bytes, %.10q", i, len(w), w)
		}
		t.Errorf("%d writes and not %d", len(r.writes), len(want))
	}
	if r.timed != len(want) {
		t.Errorf("set a deadline %d times for %d writes", r.timed, len(want))
	}
}

// TestCorkTimesEachWrite: a frame of the reading side, whose deadline was set while
// the writing side held frames back and which goes when that is over, has not
// that of a frame of long ago.
func TestCorkTimesEachWrite(t *testing.T) {
	r := &recorder{}
	c := &corked{Conn: r}
	c.cork()
	if _, err := c.Write([]byte("long ago")); err != nil {
		t.Fatal(err)
	}
	if err := c.uncork(); err != nil {
		t.Fatal(err)
	}
	c.cork()
	_ = c.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err := c.uncork(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("pong")); err != nil {
		t.Fatal(err)
	}
	if len(r.writes) != 2 || r.stale > 0 {
		t.Errorf("%d of the writes %q have the deadline of another", r.stale, r.writes)
	}
}

// TestCorkTellsFailures: what could not be sent is no success.
func TestCorkTellsFailures(t *testing.T) {
	gone := errors.New("gone")
	c := &corked{Conn: &recorder{err: gone}}
	c.cork()
	if _, err := c.Write([]byte("held back")); err != nil {
		t.Fatal(err)
	}
	if err := c.uncork(); !errors.Is(err, gone) {
		t.Errorf("uncork: %v", err)
	}
	if err := c.uncork(); err != nil {
		t.Errorf("with nothing held back: %v", err)
	}
}

// TestFrameName: what a frame is may stand anywhere in it.
func TestFrameName(t *testing.T) {
	for body, want := range map[string]string{
		`{"t":"send","text":"a"}`:   "send",
		`{"t":"here"}`:              "here",
		`{"text":"t","t":"typing"}`: "typing",
		` {"t":"here"}`:             "-",
		`{"T":"read"}`:              "read",
		`{"t":"re\u0061d"}`:         "read",
		`{"t":""}`:                  "",
		`{}`:                        "",
		`{"t":5}`:                   "-",
		`{"t":"no end`:              "-",
		`{"t":"`:                    "-",
		`[]`:                        "-",
		``:                          "-",
	} {
		name, ok := frameName([]byte(body))
		if !ok {
			name = "-"
		}
		if name != want {
			t.Errorf("%s is %q and not %q", body, name, want)
		}
	}
}
