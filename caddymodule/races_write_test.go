package caddymodule_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/caddytest"
)

// writer is a tab that says one thing after the other until it is refused.
type writer struct {
	b     *caddytest.Browser
	mark  string
	name  string
	acked []string // texts
}

// write goes on until a message is not taken, or all are.
func (wr *writer) write(ready *sync.WaitGroup) {
	for i := range 40 {
		if i == 2 {
			ready.Done() // it is in the middle of it
		}
		text := fmt.Sprintf("%s %d", wr.name, i)
		_, f := wr.b.Post("/_chat/api/send", caddytest.Obj{"mark": wr.mark, "cid": "client-" + wr.name + fmt.Sprint(i), "text": text})
		if f.T != "ack" {
			return
		}
		wr.acked = append(wr.acked, text)
	}
}

// sameTab is a browser with the cookie that another has now, and goes on
// with it whatever the other is given.
func sameTab(b *caddytest.Browser) *caddytest.Browser {
	other := b.World.Browser()
	other.SetToken("shop", b.Token())
	return other
}

// wholeHistory is all that is shown, page by page.
func wholeHistory(b *caddytest.Browser) []string {
	b.World.T.Helper()
	f := b.Call("hello", "hello", caddytest.Obj{})
	all := f.Messages
	for len(f.Messages) > 0 && all[0].Seq > 1 {
		f = b.Call("earlier", "earlier", caddytest.Obj{"before": all[0].Seq})
		all = append(slices.Clone(f.Messages), all...)
	}
	var list []string
	for _, m := range all {
		list = append(list, m.Text)
	}
	return list
}

// of returns the texts of one writer, in their order.
func of(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(text string) bool { return !strings.HasPrefix(text, name+" ") })
}

func TestLoginsOfOneNewPersonAtOnceAreOnePerson(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	_, desk := w.Desk()
	for round := range 10 {
		user := fmt.Sprint("new", round)
		devices := make([]*caddytest.Browser, 8)
		for i := range devices {
			devices[i] = w.Browser()
			devices[i].Agent = fmt.Sprint("device ", i)
		}
		var all sync.WaitGroup
		for i, b := range devices {
			all.Go(func() {
				b.Visit("/in?as=" + user)
				b.Call("send", "ack", caddytest.Obj{"cid": fmt.Sprint("client-", i), "text": fmt.Sprint("from device ", i)})
			})
		}
		all.Wait()
		want := devices[0].History("")
		if n := strings.Count(want, "from device"); n != len(devices) {
			t.Fatalf("%d messages were acknowledged, and there are %d: %q", len(devices), n, want)
		}
		for _, b := range devices {
			if got := b.History(""); got != want {
				t.Fatalf("one device shows %q, another %q", want, got)
			}
		}
		desk.Send(caddytest.Obj{"t": "inbox", "status": "all", "search": user + "@example.com"})
		if list := desk.Expect("inbox").Conversations; len(list) != 1 || list[0].Profile.ID != user {
			t.Fatalf("the console has %d conversations of one person: %+v", len(list), list)
		}
	}
}

func TestLogoutEndsWhatAnswersOnTheirWayBring(t *testing.T) {
	w, asked, release := slowWorld(t)
	for range 20 {
		b := w.Browser()
		b.Visit("/in?as=mia")
		b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
		session := "parley-shop-session=" + b.Token()
		// Half of them were asked for before the browser had the cookie.
		tokens := make([]string, 8)
		var all sync.WaitGroup
		for i := range tokens {
			cookies := "shop=mia"
			if i%2 == 0 {
				cookies += "; " + session
			}
			all.Go(func() { tokens[i], _ = navigate(w, "/slow", cookies) })
		}
		for range tokens {
			<-asked
		}
		all.Go(func() { navigate(w, "/out", session) })
		for range tokens {
			release <- struct{}{}
		}
		all.Wait()
		for i, token := range append(tokens, b.Token()) {
			if token != "" && who(w, token) != "none" {
				t.Fatalf("answer %d has left a session that outlives the logout", i)
			}
		}
	}
}

// Two tabs that a browser restores at once get two sessions, and it keeps the
// cookie of the second: a logout or a switch empties the tab of the first as well.
func TestLogoutReachesTheTabOfAnotherSession(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	for _, leave := range []string{"/out", "/in?as=jonas"} {
		b, elsewhere := w.Browser(), w.Browser()
		elsewhere.Agent = "another device"
		elsewhere.Visit("/in?as=mia")
		other := elsewhere.Hello("")
		b.Visit("/in?as=mia")
		first := b.Hello("")
		b.Cookie("parley-shop-session", "") // the second tab asked before the first had its answer
		b.Visit("/")
		second := b.Hello("")
		b.Visit(leave)
		if code := second.CloseCode(); code != 4003 {
			t.Errorf("%s: the tab of the session closes with %d", leave, code)
		}
		if code := first.CloseCode(); code != 4005 {
			t.Errorf("%s: the other tab closes with %d", leave, code)
		}
		other.Send(caddytest.Obj{"t": "here"})
		other.Expect("ok")
	}
}

// An answer to a request from before the browser had the cookie may come to it
// after somebody else has signed in there.
func TestSwitchEndsWhatAnswersOnTheirWayBring(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	late, _ := navigate(w, "/", "shop=mia")
	b.Visit("/in?as=jonas")
	if got := who(w, late); late == "" || got != "none" {
		t.Fatalf("the late answer's token %q is of %s", late, got)
	}
}

func TestClaimAgainstSendLosesAndDoublesNothing(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	for round := range 12 {
		user := fmt.Sprint("claimer", round)
		b := w.Browser()
		mark := b.StartChat("first")
		writers := []*writer{{name: "left"}, {name: "right"}}
		var all, ready sync.WaitGroup
		ready.Add(len(writers))
		for _, wr := range writers {
			wr.b, wr.mark = sameTab(b), mark
			all.Go(func() { wr.write(&ready) })
		}
		ready.Wait()
		b.Visit("/in?as=" + user)
		b.Call("hello", "hello", caddytest.Obj{"mark": mark})
		all.Wait()
		got := wholeHistory(b)
		for _, wr := range writers {
			if found := of(got, wr.name); !slices.Equal(found, wr.acked) {
				t.Fatalf("acknowledged to %s: %q; kept: %q", wr.name, wr.acked, found)
			}
		}
	}
}

func TestSwitchAgainstSendLeavesEachTheirOwn(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	for round := range 12 {
		mia, jonas := fmt.Sprint("mia", round), fmt.Sprint("jonas", round)
		b := w.Browser()
		b.Visit("/in?as=" + mia)
		http, live := &writer{b: sameTab(b), name: "http"}, &writer{b: b, name: "live"}
		s := b.Hello("")
		var all, ready sync.WaitGroup
		ready.Add(2)
		all.Go(func() { http.write(&ready) })
		all.Go(func() { live.writeLive(s, &ready) })
		ready.Wait()
		b.Visit("/in?as=" + jonas)
		b.Call("send", "ack", caddytest.Obj{"cid": "client-jonas", "text": "jonas's own"})
		all.Wait()
		if got := wholeHistory(b); !slices.Equal(got, []string{"jonas's own"}) {
			t.Fatalf("after the switch jonas has %q", got)
		}
		again := w.Browser()
		again.Visit("/in?as=" + mia)
		got := wholeHistory(again)
		for _, wr := range []*writer{http, live} {
			// The answer to the last one may have been cut off by the reset.
			found := of(got, wr.name)
			if len(found) < len(wr.acked) || len(found) > len(wr.acked)+1 || !slices.Equal(found[:len(wr.acked)], wr.acked) {
				t.Fatalf("acknowledged over %s: %q; kept: %q", wr.name, wr.acked, found)
			}
		}
	}
}

// writeLive is write on a socket, until that is reset.
func (wr *writer) writeLive(s *caddytest.Socket, ready *sync.WaitGroup) {
	_ = s.Conn.SetReadDeadline(time.Now().Add(caddytest.Deadline))
	for i := range 40 {
		if i == 2 {
			ready.Done()
		}
		text := fmt.Sprintf("%s %d", wr.name, i)
		if s.Conn.WriteJSON(caddytest.Obj{"t": "send", "cid": "client-" + fmt.Sprint(i) + "-live", "text": text}) != nil {
			return
		}
		for {
			var f caddytest.Frame
			if s.Conn.ReadJSON(&f) != nil || f.T == "reset" || f.T == "error" {
				return
			}
			if f.T == "ack" {
				break
			}
		}
		wr.acked = append(wr.acked, text)
	}
}
