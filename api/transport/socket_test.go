package transport_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// follower checks that what one connection is told goes on without a gap.
type follower struct {
	t    *testing.T
	last int
}

func (f *follower) take(s apitest.Said) {
	f.t.Helper()
	seqs := []int{}
	switch s.T {
	case "hello":
		for _, m := range s.Messages {
			seqs = append(seqs, m.Seq)
		}
	case "message":
		seqs = append(seqs, s.M.Seq)
	}
	for _, seq := range seqs {
		if seq != f.last+1 {
			f.t.Errorf("after message %d came %d", f.last, seq)
		}
		f.last = seq
	}
}

// Connections are made while messages come: none may fall between what is read
// and what is heard, and none come twice.
func TestConnectingWhileMessagesCome(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Enable(false)
	b := w.Browser("203.0.113.1")
	mark := b.Start("1")
	conv := w.Inbox()[0].ID
	desk := w.Agent()
	const all = 1500
	var said atomic.Int64
	done := make(chan error, 1)
	go func() {
		for n := 2; n <= all; n++ {
			if _, _, err := desk.Reply(context.Background(), conv, fmt.Sprintf("agent-%05d", n), fmt.Sprint(n)); err != nil {
				done <- err
				return
			}
			said.Store(int64(n))
		}
		done <- nil
	}()
	f := &follower{t: t}
	for rounds := 0; f.last < all; rounds++ {
		s := b.Socket()
		s.Say(apitest.Obj{"t": "hello", "mark": mark, "after": f.last})
		first, err := s.Read()
		if err != nil || first.T != "hello" {
			t.Fatalf("the first frame is %+v %v", first, err)
		}
		if f.last == 0 && len(first.Messages) > 0 {
			f.last = first.Messages[0].Seq - 1 // the last page, without a place to go on from
		}
		f.take(first)
		for stay := f.last + rounds%7; f.last < stay && f.last < all; {
			next, err := s.Read()
			if err != nil {
				t.Fatalf("after %d of %d: %v", f.last, said.Load(), err)
			}
			f.take(next)
		}
		_ = s.Close()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// The same at a console, which opens a conversation again and again.
func TestConsoleConnectingWhileMessagesCome(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Enable(false)
	b := w.Browser("203.0.113.1")
	mark := b.Start("1")
	conv := w.Inbox()[0].ID
	const all = 600
	done := make(chan error, 1)
	go func() {
		for n := 2; n <= all; n++ {
			if _, err := b.Ask("/_chat/api/send", apitest.Obj{"mark": mark, "cid": fmt.Sprintf("client-%05d", n), "text": fmt.Sprint(n)}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	agent := w.Browser("203.0.113.2")
	if f, err := agent.Ask("/desk/api/login", apitest.Obj{"email": apitest.Anna.Email, "password": "secret"}); err != nil || f.T != "me" {
		t.Fatalf("%+v %v", f, err)
	}
	last := 0
	for rounds := 1; last < all; rounds++ {
		s, _, err := agent.Dial("/desk/socket")
		if err != nil {
			t.Fatal(err)
		}
		s.Expect("hello")
		s.Say(apitest.Obj{"t": "open", "conv": conv, "after": last})
		page := s.Expect("messages")
		if last == 0 {
			last = page.Messages[0].Seq - 1
		}
		for _, m := range page.Messages {
			if m.Seq != last+1 {
				t.Fatalf("after message %d came %d", last, m.Seq)
			}
			last = m.Seq
		}
		for stay := last + rounds%7; last < stay && last < all; {
			if next := s.Expect("message"); next.M.Seq != last+1 {
				t.Fatalf("after message %d came %d", last, next.M.Seq)
			}
			last++
		}
		_ = s.Close()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Who doesn't read is closed with a code that brings them back, and goes on
// where they were.
func TestSlowReaderComesBackAndLosesNothing(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("1")
	conv := w.Inbox()[0].ID
	desk := w.Agent()
	slow, hello := b.Hello(mark, 0)
	f := &follower{t: t}
	f.take(hello)
	const all = 20 // more than is under way to who does not read
	long := strings.Repeat("𝔞", chat.MaxText)
	for n := 2; n <= all; n++ { // nobody waits for who does not read
		if _, _, err := desk.Reply(context.Background(), conv, fmt.Sprintf("agent-%05d", n), long); err != nil {
			t.Fatal(err)
		}
	}
	for n := range transport.MaxQueue + 1 {
		if err := desk.Typing(context.Background(), conv, n%2 == 0); err != nil {
			t.Fatal(err)
		}
	}
	code := 0
	for code == 0 {
		next, err := slow.Read()
		if e, ok := err.(*websocket.CloseError); ok {
			code = e.Code
		} else if err != nil {
			t.Fatalf("after %d: %v", f.last, err)
		}
		f.take(next)
	}
	if code != transport.CloseTooSlow || f.last == all {
		t.Fatalf("closed with %d after %d of %d", code, f.last, all)
	}
	again, hello := b.Hello(mark, f.last)
	f.take(hello)
	for f.last < all {
		next, err := again.Read()
		if err != nil {
			t.Fatalf("after %d: %v", f.last, err)
		}
		f.take(next)
	}
}

// Who asks for page after page and reads none of them is closed before much
// waits for them, and leaves nothing behind.
func TestWhatWaitsForASlowReaderIsBoundedInBytes(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("1")
	long := strings.Repeat("𝔞", chat.MaxText)
	for n := range service.HistoryPage {
		b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": fmt.Sprintf("client-%05d", n), "text": long})
	}
	slow, _ := b.Hello(mark, 0)
	go func() {
		for range transport.MaxQueue { // within the limit of frames
			if slow.WriteJSON(apitest.Obj{"t": "earlier", "before": service.HistoryPage + 1}) != nil {
				return
			}
		}
	}()
	most := int64(0)
	apitest.Eventually(t, "the connection is closed", func() bool {
		most = max(most, w.Connections.Waiting())
		return w.Connections.Len() == 0
	})
	if most > transport.MaxWaiting {
		t.Errorf("%d bytes waited", most)
	}
	if left := w.Connections.Waiting(); left != 0 {
		t.Errorf("%d bytes wait for nobody", left)
	}
}

// A close code arrives also at those who talk without a pause.
func TestCloseCodeReachesWhoGoesOnTalking(t *testing.T) {
	w := apitest.New(t)
	for n := range 20 {
		b := w.Browser(fmt.Sprint("203.0.113.", n+1)) // each talks as much as one address may
		mark := b.Start("hello")
		s, _ := b.Hello(mark, 0)
		stop := make(chan struct{})
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				select {
				case <-stop:
					return
				default:
					if s.WriteJSON(apitest.Obj{"t": "typing", "on": true}) != nil {
						return
					}
				}
			}
		}()
		b.Post("reset", "reset", apitest.Obj{"mark": mark})
		code := s.CloseCode()
		close(stop)
		<-stopped
		if code != apitest.CloseReset {
			t.Fatalf("closed with %d", code)
		}
	}
}

// Who has gone without a word is found, and nothing of them stays.
func TestDeadConnectionsAreFound(t *testing.T) {
	w := apitest.NewOver(t, transport.NewConnectionsBeating(50*time.Millisecond))
	agent := w.Browser("203.0.113.2")
	if f, err := agent.Ask("/desk/api/login", apitest.Obj{"email": apitest.Anna.Email, "password": "secret"}); err != nil || f.T != "me" {
		t.Fatalf("%+v %v", f, err)
	}
	before := runtime.NumGoroutine()
	for n, greeted := 0, 0; greeted < 10; n++ { // some are gone before they are greeted, on a slow machine
		if n == 100 {
			t.Fatalf("of %d, %d were greeted", n, greeted)
		}
		b := w.Browser(fmt.Sprint("203.0.113.", n))
		secret := b.Start("hello")
		s, _, err := b.Dial("/_chat/socket")
		if err != nil {
			t.Fatal(err)
		}
		_ = s.WriteJSON(apitest.Obj{"t": "hello", "mark": secret})
		desk, _, err := agent.Dial("/desk/socket")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*apitest.Wire{s, desk} { // read, but never answer
			t.Cleanup(func() { _ = c.Close() })
			c.SetPingHandler(func(string) error { return nil })
			for {
				f, err := c.Read()
				if err != nil {
					break
				}
				if c == s && f.T == "hello" {
					greeted++
				}
			}
		}
	}
	apitest.Eventually(t, "nothing of them stays", func() bool {
		apitest.Transport.CloseIdleConnections()
		return w.Connections.Len() == 0 && runtime.NumGoroutine() <= before+4 && !w.Service.Hub().Online("shop")
	})
}

// Typing, and where the visitor is, is told to those who are there, and kept
// nowhere.
func TestTypingAndPresenceAreNotStored(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	before := w.Inbox()[0]
	agent := w.Browser("203.0.113.2")
	if f, err := agent.Ask("/desk/api/login", apitest.Obj{"email": apitest.Anna.Email, "password": "secret"}); err != nil || f.T != "me" {
		t.Fatalf("%+v %v", f, err)
	}
	desk, _, err := agent.Dial("/desk/socket")
	if err != nil {
		t.Fatal(err)
	}
	desk.Expect("hello")
	desk.Say(apitest.Obj{"t": "open", "conv": before.ID})
	desk.Expect("messages")
	s, _ := b.Hello(mark, 0)
	desk.Expect("conversation") // they have come
	s.Say(apitest.Obj{"t": "page", "url": "https://shop.example/b", "title": "B"})
	desk.Expect("conversation")
	s.Say(apitest.Obj{"t": "typing", "on": true})
	desk.Expect("typing")
	desk.Say(apitest.Obj{"t": "typing", "conv": before.ID, "on": true})
	s.Expect("typing")
	s.Say(apitest.Obj{"t": "here"})
	s.Expect("ok")
	after := w.Inbox()[0]
	if after.Rev != before.Rev || after.Page != before.Page || after.Last != before.Last {
		t.Fatalf("stored: %+v, before %+v", after, before)
	}
}

func TestRestartTellsEveryoneToComeBack(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	s, _ := b.Hello(mark, 0)
	silent := b.Socket()
	w.Connections.Close()
	for _, c := range []*apitest.Wire{s, silent} {
		if code := c.CloseCode(); code != transport.CloseRestart {
			t.Fatalf("closed with %d", code)
		}
	}
	late := b.Socket()
	if code := late.CloseCode(); code != transport.CloseRestart {
		t.Fatalf("one that comes too late is closed with %d", code)
	}
}

// Signs of life keep a connection, also between frames and with a payload, and
// take nothing from the frames around them.
func TestPongsKeepAConnection(t *testing.T) {
	const beat = time.Second / 2
	w := apitest.NewOver(t, transport.NewConnectionsBeating(beat))
	for n := 1; !pongsKeep(t, w.Browser(fmt.Sprint("203.0.113.", n)), beat); n++ {
		if n == 10 {
			t.Fatal("the machine stands still all the time")
		}
	}
}

// pongsKeep reports false where the machine stood still, which the server can't tell
// from silence.
func pongsKeep(t *testing.T, b *apitest.Browser, beat time.Duration) bool {
	t.Helper()
	const silent = 6 // heartbeats without a frame, longer than silence is borne
	secret := b.Start("hello")
	s, pings, heard := b.Socket(), 0, time.Now()
	s.SetPingHandler(func(text string) error {
		pings++
		heard = time.Now()
		for _, payload := range []string{text, "unasked", strings.Repeat("p", 125)} {
			if err := s.WriteControl(websocket.PongMessage, []byte(payload), time.Now().Add(apitest.Timeout)); err != nil {
				return err
			}
		}
		if pings < silent {
			return nil
		}
		return s.WriteJSON(apitest.Obj{"t": "here"})
	})
	say := func(f apitest.Obj) { _ = s.WriteJSON(f) } // what became of it, read tells
	var f apitest.Said
	read := func(kinds ...string) bool {
		t.Helper()
		var err error
		if f, err = s.Read(); err == nil && slices.Contains(kinds, f.T) {
			return true
		}
		if still := time.Since(heard); err == nil || still < 2*beat {
			t.Fatalf("after %d heartbeats, the last %v ago: %+v %v", pings, still, f, err)
		}
		return false
	}
	until := func(kind string) bool {
		for read(kind, "ok", "message", "state") {
			if f.T == kind {
				return true
			}
		}
		return false
	}
	if say(apitest.Obj{"t": "hello", "mark": secret}); !until("hello") {
		return false
	}
	if say(apitest.Obj{"t": "send", "cid": "client-2", "text": "before a pause"}); !until("ack") {
		return false
	}
	for pings < silent {
		if !read("ok", "message", "state") {
			return false
		}
	}
	if say(apitest.Obj{"t": "send", "cid": "client-3", "text": "after it"}); !until("ack") {
		return false
	}
	if f.Seq != 3 {
		t.Fatalf("%+v", f)
	}
	return true
}

// A message is told once: what it changes of the state by itself needs no frame
// beside it; who answers does.
func TestMessagesBringNoStateOfTheirOwn(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	s, _ := b.Hello(b.Start("1"), 0)
	conv, desk := w.Inbox()[0].ID, w.Agent()
	frames := func(until string) (kinds []string) {
		t.Helper()
		for {
			f, err := s.Read()
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, f.T)
			if f.T == until {
				return kinds
			}
		}
	}
	agent := func(n int) {
		t.Helper()
		if _, _, err := desk.Reply(context.Background(), conv, fmt.Sprintf("agent-%03d", n), "and"); err != nil {
			t.Fatal(err)
		}
	}
	s.Say(apitest.Obj{"t": "send", "cid": "client-1", "text": "2"})
	if got := fmt.Sprint(frames("ack")); got != "[message ack]" {
		t.Errorf("after the visitor's own came %s", got)
	}
	agent(1) // which makes the conversation theirs
	if got := fmt.Sprint(frames("state")); got != "[message state]" {
		t.Errorf("after the agent's first came %s", got)
	}
	agent(2)
	s.Say(apitest.Obj{"t": "here"})
	if got := fmt.Sprint(frames("ok")); got != "[message ok]" {
		t.Errorf("after the agent's second came %s", got)
	}
	if _, err := desk.SetStatus(context.Background(), conv, chat.Resolved); err != nil {
		t.Fatal(err)
	}
	frames("state")
	s.Say(apitest.Obj{"t": "send", "cid": "client-2", "text": "again"}) // opens it
	if got := fmt.Sprint(frames("ack")); got != "[message ack]" {
		t.Errorf("after one that reopens came %s", got)
	}
	s.Say(apitest.Obj{"t": "read", "seq": 5})
	s.Say(apitest.Obj{"t": "here"})
	if got := fmt.Sprint(frames("ok")); got != "[ok]" {
		t.Errorf("after reading what was read came %s", got)
	}
}

// A tab whose connection is slow to read hears of a logout late. What it sends
// until then is nobody's.
func TestLogoutCountsAtOnceForWhoReadsSlowly(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	mark := b.Start("1")
	long := strings.Repeat("𝔞", chat.MaxText)
	for n := range service.HistoryPage {
		b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": fmt.Sprintf("client-%05d", n), "text": long})
	}
	id := w.Inbox()[0].ID
	tab, _ := b.Hello(mark, 0)
	tab.Say(apitest.Obj{"t": "send", "cid": "client-before", "text": "before"})
	tab.Expect("ack")
	tab.Say(apitest.Obj{"t": "earlier", "before": service.HistoryPage + 1})
	apitest.Eventually(t, "the page is on its way, and stuck", func() bool { return w.Connections.Waiting() == 0 })
	b.Post("reset", "reset", apitest.Obj{})
	tab.Say(apitest.Obj{"t": "send", "cid": "client-after", "text": "after"})
	tab.Expect("reset")
	for {
		if _, err := tab.Read(); err != nil {
			break // the connection is closed, and what came by it was looked at
		}
	}
	if texts := w.Texts(id); !strings.Contains(texts, "before") || strings.Contains(texts, "after") {
		t.Errorf("after the logout the tab has written into the chat: %t", strings.Contains(texts, "after"))
	}
}
