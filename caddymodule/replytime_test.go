package caddymodule_test

import (
	"fmt"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/internal/caddytest"
)

// TestReplyTimeAfterARestart: how long answers take is still known to a server that
// has just been started, and told to nobody where it is off.
func TestReplyTimeAfterARestart(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, "site shop")
	_, desk := w.Desk()
	for n := range 5 {
		w.Browser().StartChat("hello")
		desk.Send(caddytest.Obj{"t": "inbox", "status": "waiting"})
		conv := desk.Expect("inbox").Conversations[0].ID
		desk.Send(caddytest.Obj{"t": "reply", "conv": conv, "cid": fmt.Sprint("reply-0", n), "text": "hi"})
		desk.Expect("ack")
	}
	told := func() string {
		f := w.Browser().Call("hello", "hello", caddytest.Obj{})
		return fmt.Sprint(f.Replies.N, f.Replies.Unit)
	}
	const want = "2minute"
	if got := told(); got != want {
		t.Errorf("before the restart: %s, want %s", got, want)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	w.Load(w.Loaded)
	w.Ready()
	caddytest.Eventually(t, "the usual time is known again", func() bool { return told() == want })
	w.Load(w.Caddyfile("", "site shop\nwidget {\nreply_time off\n}"))
	if got := told(); got != "0" {
		t.Errorf("with reply_time off: %s", got)
	}
}
