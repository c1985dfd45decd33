package endure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// agent is a console that follows every conversation and answers in it.
type agent struct {
	w        *world
	b        *browser
	accounts func(name string) *account // of the visitor of that name

	conn    *websocket.Conn
	follows map[string]*followed
	sent    int
	cuts    int64 // of power, before it connected

	resumed int
	lost    []error // how sockets ended that kept up with what there was to hear
	drained bool
	settle  chan struct{}
	settled chan struct{}
}

// tooSlow is the code with which who does not keep up is closed, to come back.
const tooSlow = 4004

// followed is a conversation at the console.
type followed struct {
	account *account // once a visitor's message told whose it is
	early   []message
	shown   bool // in this connection
	joined  bool
	last    int
	pending *said
}

func newAgent(w *world, accounts func(string) *account) *agent {
	return &agent{w: w, b: newBrowser("http://"+w.addr, "10.9.9.9"), accounts: accounts,
		follows: map[string]*followed{}, settle: make(chan struct{}), settled: make(chan struct{})}
}

func (a *agent) arrive(ctx context.Context) error {
	return again(ctx, func() error {
		_, err := a.b.post(ctx, "/desk/api/login", obj{"email": annaEmail, "password": annaPassword})
		return err
	})
}

// talk goes on until the context ends.
func (a *agent) talk(ctx context.Context) {
	for ctx.Err() == nil {
		err := a.connect(ctx)
		var wrong *broken
		if errors.As(err, &wrong) {
			a.w.t.Errorf("the agent: %v", err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond): // between two attempts
		}
	}
}

func (a *agent) connect(ctx context.Context) (err error) {
	a.cuts = a.w.cuts.Load()
	if a.conn, err = a.b.dial(ctx, "/desk/socket"); err != nil {
		return err
	}
	defer a.conn.Close()
	for _, f := range a.follows {
		f.shown = false
	}
	for {
		_, body, err := a.conn.ReadMessage()
		if err != nil {
			if ctx.Err() == nil && !websocket.IsCloseError(err, tooSlow) {
				a.lost = append(a.lost, err)
			}
			return err
		}
		var f frame
		if err := json.Unmarshal(body, &f); err != nil {
			return breach("the server said %q: %v", body, err)
		}
		a.w.heard.count()
		if err := a.hear(f); err != nil {
			return err
		}
	}
}

func (a *agent) hear(f frame) error {
	if a.w.dark(a.cuts) && f.T != "ack" && f.T != "error" {
		return nil
	}
	switch f.T {
	case "hello":
		a.resumed++
		return a.conn.WriteJSON(obj{"t": "inbox", "status": "open"})
	case "inbox":
		for _, c := range f.Conversations {
			if err := a.follow(c.ID); err != nil {
				return err
			}
		}
		if f.Next != "" {
			return a.conn.WriteJSON(obj{"t": "inbox", "status": "open", "cursor": f.Next})
		}
	case "conversation":
		if c := a.follows[f.C.ID]; c == nil && f.C.Last > 0 {
			return a.follow(f.C.ID)
		}
	case "messages":
		c := a.follows[f.Conv]
		c.shown = true
		if !c.joined && len(f.Messages) > 0 {
			c.last = f.Messages[0].Seq - 1
		}
		c.joined = true
		for _, m := range f.Messages {
			if err := a.got(f.Conv, m); err != nil {
				return err
			}
		}
		return a.answer(f.Conv)
	case "message":
		if err := a.got(f.Conv, f.M); err != nil {
			return err
		}
		return a.answer(f.Conv)
	case "ack":
		return a.acked(f)
	case "error":
		if f.Code == "unavailable" || f.Code == "rate_limited" {
			return unavailable{f}
		}
		return breach("it was refused: %s, %s", f.Code, f.Text)
	case "signed_out":
		return breach("it was signed out")
	}
	return nil
}

// follow opens a conversation, and says again what was not acknowledged in it.
func (a *agent) follow(id string) error {
	c := a.follows[id]
	if c == nil {
		c = &followed{}
		a.follows[id] = c
	}
	if c.shown {
		return nil
	}
	c.shown = true
	if err := a.conn.WriteJSON(obj{"t": "open", "conv": id, "after": c.last}); err != nil || c.pending == nil {
		return err
	}
	return a.say(id, *c.pending)
}

func (a *agent) say(id string, s said) error {
	return a.conn.WriteJSON(obj{"t": "reply", "conv": id, "cid": s.cid, "text": s.text})
}

// got takes a message, which must be the next one of its conversation.
func (a *agent) got(id string, m message) error {
	c := a.follows[id]
	if m.Seq != c.last+1 {
		return breach("in %s, after message %d it heard %d", id, c.last, m.Seq)
	}
	c.last++
	if c.account == nil && m.From == "visitor" {
		c.account = a.accounts(whoOf(cidOf(m.Text)))
	}
	c.early = append(c.early, m)
	if c.account != nil {
		for _, m := range c.early {
			c.account.got("the agent", m)
		}
		c.early = nil
	}
	return nil
}

// answer replies to what is new, one reply at a time in each conversation, and
// not more than one to five messages.
func (a *agent) answer(id string) error {
	c := a.follows[id]
	if a.settling() || c.pending != nil || c.account == nil || c.last%5 != 0 {
		return nil
	}
	a.sent++
	cid := fmt.Sprintf("anna-%07d", a.sent)
	c.pending = &said{cid: cid, text: cid + " " + strings.Repeat("yes, ", a.sent%20) + "yes", off: a.w.off.Load()}
	c.account.saying(cid, c.pending.text)
	return a.say(id, *c.pending)
}

func (a *agent) acked(f frame) error {
	c := a.follows[f.Conv]
	if c.pending == nil || c.pending.cid != f.CID {
		return nil // said twice, and acknowledged twice
	}
	off := c.pending.off
	c.pending = nil
	if !a.w.dark(a.cuts) || off {
		c.account.acked("the agent", f.CID, f.Seq)
	}
	a.settling()
	return nil
}

// settling reports whether nothing new is to be said any more, and tells once
// all is acknowledged.
func (a *agent) settling() bool {
	select {
	case <-a.settle:
	default:
		return false
	}
	for _, c := range a.follows {
		if c.pending != nil {
			return true
		}
	}
	if !a.drained {
		a.drained = true
		close(a.settled)
	}
	return true
}
