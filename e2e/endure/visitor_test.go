package endure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// window is how many messages a visitor sends before the first is acknowledged.
const window = 4

// visitor is one tab that talks, or only listens, for as long as its context
// lasts, and comes back by itself whatever happens to the server.
type visitor struct {
	w       *world
	name    string
	b       *browser
	mark    string
	person  bool
	listens bool // says nothing
	polls   bool // opens no socket
	account *account

	cuts    int64 // of power, before it connected
	joined  bool
	last    int // the last message heard
	sent    int
	pending []said
	resumed int // how often it came back
	restart int // how often it was told to
	settle  chan struct{}
	settled chan struct{} // closed when all is acknowledged, after settle
}

// said is a message that is not acknowledged yet.
type said struct {
	cid, text string
	file      *file // or none
	off       bool  // said when the disk was without power
}

// arrive makes the tab's session; everything else is done by talk.
func (v *visitor) arrive(ctx context.Context) error {
	if v.person {
		return again(ctx, func() error {
			_, err := v.b.visit(ctx, "/in?as="+v.account.name)
			if err == nil && !v.b.hasSession() {
				err = errors.New("the page came without a session") // it waits for the store for a while only
			}
			return err
		})
	}
	return again(ctx, func() error {
		f, err := v.b.post(ctx, "/_chat/api/start", obj{})
		v.mark = f.Mark
		return err
	})
}

// read asks for the history behind a number.
func (v *visitor) read(ctx context.Context, after int) (frame, error) {
	f, err := v.b.post(ctx, "/_chat/api/hello", obj{"mark": v.mark, "after": after})
	if err == nil && after == 0 && len(f.Messages) > 0 && f.Messages[0].Seq > 1 {
		// From the beginning: a page of the newest is no use.
		f, err = v.b.post(ctx, "/_chat/api/earlier", obj{"mark": v.mark, "before": min(f.Messages[0].Seq, 31)})
		f.Conversation = &struct{ Last int }{1 << 30}
	}
	return f, err
}

// talk goes on until the context ends. What must not be is an error of the
// test; anything else is tried again.
func (v *visitor) talk(ctx context.Context) {
	for ctx.Err() == nil {
		err := v.connect(ctx)
		var wrong *broken
		if errors.As(err, &wrong) {
			v.w.t.Errorf("%s: %v", v.name, err)
			return
		}
		var limited unavailable
		wait := time.Duration(rand.IntN(30)) * time.Millisecond // spread, as browsers are
		if errors.As(err, &limited) {
			wait += time.Duration(limited.Retry) * time.Second
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// broken is a promise that was broken.
type broken struct{ what string }

func (b *broken) Error() string { return b.what }

func breach(format string, args ...any) error { return &broken{fmt.Sprintf(format, args...)} }

func (v *visitor) connect(ctx context.Context) error {
	v.cuts = v.w.cuts.Load()
	if v.polls {
		return v.poll(ctx)
	}
	conn, err := v.b.dial(ctx, "/_chat/socket")
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.WriteJSON(obj{"t": "hello", "mark": v.mark, "after": v.last}); err != nil {
		return err
	}
	for {
		_, body, err := conn.ReadMessage()
		if err != nil {
			return v.closed(err)
		}
		var f frame
		if err := json.Unmarshal(body, &f); err != nil {
			return breach("the server said %q: %v", body, err)
		}
		v.w.heard.count()
		if err := v.hear(ctx, conn, f); err != nil {
			return err
		}
	}
}

// closed looks at how a socket ended.
func (v *visitor) closed(err error) error {
	var end *websocket.CloseError
	if !errors.As(err, &end) {
		return err
	}
	switch end.Code {
	case websocket.CloseServiceRestart, websocket.CloseGoingAway:
		v.restart++
	case 4001, 4003, 4005:
		return breach("its socket was closed with %d", end.Code)
	}
	return err
}

func (v *visitor) hear(ctx context.Context, conn *websocket.Conn, f frame) error {
	dark := v.w.dark(v.cuts)
	switch f.T {
	case "hello":
		if dark {
			// What it shows now of its memory is no promise.
		} else if err := v.greeted(f); err != nil {
			return err
		}
		for i := range v.pending {
			if err := v.say(conn, v.pending[i]); err != nil {
				return err
			}
		}
		return v.fill(ctx, conn)
	case "message":
		if dark {
			return nil
		}
		return v.got(f.M)
	case "ack":
		if err := v.acked(f.CID, f.Seq); err != nil {
			return err
		}
		return v.fill(ctx, conn)
	case "error":
		return v.refused(f)
	case "reset", "again":
		return breach("it was told %s", f.T)
	}
	return nil
}

// greeted takes a hello: the session must be what it was, and the messages
// must go on where they ended.
func (v *visitor) greeted(f frame) error {
	want := "anonymous"
	if v.person {
		want = "person"
	}
	if f.Who != want || f.Stale {
		return breach("the server knows it as %q (stale: %t) and not as %q", f.Who, f.Stale, want)
	}
	if f.Conversation == nil && v.last > 0 || f.Conversation != nil && f.Conversation.Last < v.last {
		return breach("it heard message %d, and the conversation is now %+v", v.last, f.Conversation)
	}
	if v.joined && !v.polls {
		v.resumed++
	} else if !v.joined && len(f.Messages) > 0 {
		v.last = f.Messages[0].Seq - 1
	}
	v.joined = true
	for _, m := range f.Messages {
		if err := v.got(m); err != nil {
			return err
		}
	}
	if len(v.pending) > 0 && rand.IntN(4) == 0 {
		v.pending = nil // a tab that was closed: nobody will send these again
	}
	return nil
}

// got takes a message, which must be the next one.
func (v *visitor) got(m message) error {
	if m.Seq != v.last+1 {
		return breach("after message %d it heard %d", v.last, m.Seq)
	}
	v.last++
	v.account.got(v.name, m)
	return nil
}

func (v *visitor) acked(cid string, seq int) error {
	if len(v.pending) == 0 || v.pending[0].cid != cid {
		for _, p := range v.pending {
			if p.cid == cid {
				return breach("%s was acknowledged out of turn", cid)
			}
		}
		return nil // of a connection before, and given up since
	}
	first := v.pending[0]
	v.pending = v.pending[1:]
	if !v.w.dark(v.cuts) || first.off {
		v.account.acked(v.name, cid, seq)
	}
	return nil
}

func (v *visitor) refused(f frame) error {
	v.account.disorder(v.name)
	switch f.Code {
	case "unavailable", "rate_limited":
		return unavailable{f}
	}
	return breach("it was refused: %s, %s", f.Code, f.Text)
}

// compose makes the next message; some are long.
func (v *visitor) compose() said {
	v.sent++
	cid := fmt.Sprintf("%s-%07d", v.name, v.sent)
	text := cid + " ä" + strings.Repeat(".", rand.IntN(60))
	if rand.IntN(50) == 0 {
		text += strings.Repeat("long ", rand.IntN(700)) + "!"
	}
	v.account.saying(cid, text)
	return said{cid: cid, text: text, off: v.w.off.Load()}
}

// frame is a message as it is sent.
func (s said) frame(more obj) obj {
	more["cid"], more["text"] = s.cid, s.text
	if s.file != nil {
		more["attachments"] = []string{s.file.id}
	}
	return more
}

// settling reports whether nothing new is to be said any more.
func (v *visitor) settling() bool {
	select {
	case <-v.settle:
		if len(v.pending) == 0 {
			select {
			case <-v.settled:
			default:
				close(v.settled)
			}
		}
		return true
	default:
		return v.listens
	}
}

// fill says more until the window is full.
func (v *visitor) fill(ctx context.Context, conn *websocket.Conn) error {
	for !v.settling() && len(v.pending) < window {
		v.pending = append(v.pending, v.attach(ctx, v.compose()))
		if err := v.say(conn, v.pending[len(v.pending)-1]); err != nil {
			return err
		}
	}
	return nil
}

func (v *visitor) say(conn *websocket.Conn, s said) error {
	return conn.WriteJSON(s.frame(obj{"t": "send"}))
}

// poll is a tab where no socket opens.
func (v *visitor) poll(ctx context.Context) error {
	for {
		f, err := v.b.post(ctx, "/_chat/api/hello", obj{"mark": v.mark, "after": v.last})
		if err != nil {
			return err
		}
		v.w.heard.count()
		if v.w.dark(v.cuts) {
			// As for a socket.
		} else if err := v.greeted(f); err != nil {
			return err
		}
		if !v.settling() && len(v.pending) == 0 {
			v.pending = append(v.pending, v.attach(ctx, v.compose()))
		}
		for len(v.pending) > 0 {
			s := v.pending[0]
			f, err := v.b.post(ctx, "/_chat/api/send", s.frame(obj{"mark": v.mark}))
			if err != nil {
				return err
			}
			v.w.heard.count()
			if err := v.acked(f.CID, f.Seq); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond): // between two looks
		}
	}
}
