package limits_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/chat"
)

func TestFloodOfChatsFromOneAddressIsHeldBack(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Stop()
	refused := 0
	var last apitest.Said
	for range limits.AddressBurst(limits.Start) + 20 {
		f, err := w.Browser("203.0.113.9").Ask("/_chat/api/start", apitest.Obj{})
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
	w.Browser("203.0.113.10").Post("start", "hello", apitest.Obj{}) // from elsewhere
	w.Limits.Later(time.Duration(last.Retry) * time.Second)
	w.Browser("203.0.113.9").Post("start", "hello", apitest.Obj{}) // and when it was said
}

// An office of 200 behind one address all come at once, after a restart say,
// and poll, because their proxy lets no socket pass.
func TestOfficeBehindOneAddressIsNotHeldBack(t *testing.T) {
	w := apitest.New(t)
	const people = 200
	turns := make(chan struct{}, 16)
	var wait sync.WaitGroup
	for i := range people {
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			b := w.Browser("203.0.113.9")
			first, err := b.Ask("/_chat/api/start", apitest.Obj{"cid": "client-0", "text": "hello"})
			if err != nil || first.T != "hello" {
				t.Errorf("person %d: %+v %v", i, first, err)
				return
			}
			for _, kind := range []string{"hello", "send", "hello"} {
				f, err := b.Ask("/_chat/api/"+kind, apitest.Obj{"mark": first.Mark, "cid": "client-1", "text": "more"})
				if err != nil || f.T == "error" {
					t.Errorf("person %d, %s: %+v %v", i, kind, f, err)
				}
			}
			if s, status, err := b.Dial("/_chat/socket"); err != nil {
				t.Errorf("person %d, a socket: %d %v", i, status, err)
			} else {
				_ = s.Close()
			}
		})
	}
	wait.Wait()
}

func TestFloodOfMessagesIsHeldBack(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Stop()
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	s, _ := b.Hello(mark, 0)
	many := limits.SessionBurst(limits.Message) * 2
	go func() {
		for n := range many {
			if s.WriteJSON(apitest.Obj{"t": "send", "cid": fmt.Sprint("flood-", 1000+n), "text": "x"}) != nil {
				return
			}
		}
	}()
	acks, refused := 0, 0
	for acks+refused < many {
		f, err := s.Read()
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
	if list := w.Inbox(); refused == 0 || int(list[0].Last) != acks+1 {
		t.Fatalf("%d acknowledged, %d refused, %d stored", acks, refused, list[0].Last-1)
	}
	// By HTTP it is the same session; another one is not concerned.
	if f := b.Post("send", "error", apitest.Obj{"mark": mark, "cid": "client-9", "text": "x"}); f.Code != "rate_limited" {
		t.Fatalf("%+v", f)
	}
	w.Browser("203.0.113.1").Start("from the same office")
	// What is held back is not lost: it may come later, and is there once.
	w.Limits.Later(time.Minute)
	b.Post("send", "ack", apitest.Obj{"mark": mark, "cid": "client-9", "text": "x"})
}

func TestFloodOfOtherFramesIsHeldBack(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Stop()
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	s, _ := b.Hello(mark, 0)
	for range limits.SessionBurst(limits.Request) {
		s.Say(apitest.Obj{"t": "typing", "on": true})
	}
	s.Say(apitest.Obj{"t": "earlier", "before": 1})
	if f, err := s.Read(); err != nil || f.Code != "rate_limited" {
		t.Fatalf("%+v %v", f, err)
	}
	if f, err := b.Ask("/_chat/api/hello", apitest.Obj{"mark": mark}); err != nil || f.Code != "rate_limited" {
		t.Fatalf("polling, of the same session: %+v %v", f, err)
	}
	b.Post("reset", "reset", apitest.Obj{"mark": mark}) // a logout is never held back
	if code := s.CloseCode(); code != apitest.CloseReset {
		t.Fatalf("closed with %d", code)
	}
}

func TestSocketsOfOneSessionAreCounted(t *testing.T) {
	w := apitest.New(t)
	b := w.Browser("203.0.113.1")
	b.Start("hello")
	var open []*apitest.Wire
	for range limits.MaxSessionSockets {
		w.Limits.Later(time.Minute)
		open = append(open, b.Socket())
	}
	w.Limits.Later(time.Minute)
	if _, status, err := b.Dial("/_chat/socket"); err == nil || status != http.StatusTooManyRequests {
		t.Fatalf("one too many: %d %v", status, err)
	}
	for _, s := range open {
		_ = s.Close()
	}
	apitest.Eventually(t, "the places are free again", func() bool {
		return w.Limits.OpenSockets() == 0
	})
	b.Socket()
}

// Strangers who fill the limit of logouts keep nobody behind the same address
// from logging out, and theirs keep nothing.
func TestFloodOfLogoutsHoldsNoLogoutBack(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Stop()
	b := w.Browser("203.0.113.1")
	mark := b.Start("hello")
	s, _ := b.Hello(mark, 0)
	refused := 0
	for n := range limits.AddressBurst(limits.Logout) * 2 {
		stranger := w.Browser("203.0.113.1")
		if n%2 == 0 {
			stranger.Keep(chat.NewSecret())
		}
		if f, err := stranger.Ask("/_chat/api/reset", apitest.Obj{}); err != nil {
			t.Fatal(err)
		} else if f.Code == "rate_limited" && f.HTTP == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Fatal("no flood of logouts is held back")
	}
	b.Post("reset", "reset", apitest.Obj{})
	if code := s.CloseCode(); code != apitest.CloseReset {
		t.Errorf("closed with %d", code)
	}
	// Over HTTP too, it is as if there had been no cookie.
	if f := b.Post("hello", "hello", apitest.Obj{"mark": mark}); f.Who != "none" {
		t.Errorf("after the logout it is %q", f.Who)
	}
}

// A body is not read of who is held back, and none of a frame that there isn't.
func TestBodiesAreReadOfWhoMayAskOnly(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Stop()
	c := w.Limits.Caller("203.0.113.1", "")
	for w.Limits.Take(limits.Request, c) == nil {
	}
	for path, want := range map[string]int{"/_chat/api/hello": 429, "/_chat/api/attachment": 429, "/_chat/api/upload": 200,
		"/desk/api/login": 429, "/desk/api/me": 429, "/desk/api/upload": 429, "/desk/api/attachment": 429, "/_chat/api/shout": 400} {
		r, err := http.NewRequest(http.MethodPost, w.URL+path, &unread{t, path})
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 10
		r.Header.Set("Expect", "100-continue") // the client sends nothing that nobody asks for
		r.Header.Set("Content-Type", "application/json")
		if strings.HasSuffix(path, "upload") {
			r.Header.Set("Content-Type", "application/octet-stream")
		}
		r.Header.Set("Origin", w.URL)
		r.Header.Set(apitest.AddressHeader, "203.0.113.1")
		client := &http.Client{Timeout: apitest.Timeout, Transport: &http.Transport{ExpectContinueTimeout: apitest.Timeout, DisableKeepAlives: true}}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

type unread struct {
	t    *testing.T
	path string
}

func (u *unread) Read(p []byte) (int, error) {
	u.t.Errorf("%s: the body was asked for", u.path)
	return copy(p, "0123456789"), nil
}

// Uploads of who has no session use up nothing of what the others may who share
// their address.
func TestUploadsOfStrangersUseNothingUp(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Stop()
	for range limits.AddressBurst(limits.Upload) + 10 {
		for _, path := range []string{"/_chat/api/upload", "/desk/api/upload"} {
			stranger := w.Browser("203.0.113.1")
			stranger.Keep("made-up")
			a, err := stranger.Request(path, apitest.Binary, strings.NewReader(apitest.Head(apitest.Obj{"name": "x.txt"})+"x"), nil)
			if err != nil || a.Code != "no_session" && a.Code != "signed_out" {
				t.Fatalf("%s: %+v %v", path, a.Said, err)
			}
		}
	}
	b := w.Browser("203.0.113.1")
	b.Upload(apitest.Obj{"name": "x.txt", "mark": b.Start("hello")}, "x")
}
