package caddymodule_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/internal/caddytest"
)

func TestBadRequestsGetAClearCode(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	mark := b.StartChat("hello")
	good := map[string]string{"Content-Type": "application/json", "Origin": w.URL}
	with := func(name, value string) map[string]string {
		h := map[string]string{}
		for k, v := range good {
			h[k] = v
		}
		h[name] = value
		return h
	}
	say := func(text string) string { return `{"mark":"` + mark + `","cid":"client-9","text":` + text + `}` }
	for name, c := range map[string]struct {
		method, path, body string
		header             map[string]string
		status             int
		code               string
	}{
		"foreign origin":       {"POST", "send", say(`"x"`), with("Origin", "https://evil.example"), 403, "foreign_origin"},
		"no origin":            {"POST", "send", say(`"x"`), with("Origin", ""), 403, "foreign_origin"},
		"origin with userinfo": {"POST", "send", say(`"x"`), with("Origin", strings.Replace(w.URL, "://", "://anna@", 1)), 403, "foreign_origin"},
		"origin with a path":   {"POST", "send", say(`"x"`), with("Origin", w.URL+"/shop"), 403, "foreign_origin"},
		"opaque origin":        {"POST", "send", say(`"x"`), with("Origin", "null"), 403, "foreign_origin"},
		"form":                 {"POST", "send", "text=x", with("Content-Type", "application/x-www-form-urlencoded"), 415, "bad_content_type"},
		"text/plain":           {"POST", "send", say(`"x"`), with("Content-Type", "text/plain"), 415, "bad_content_type"},
		"GET":                  {"GET", "hello", "", good, 405, "bad_method"},
		"no JSON":              {"POST", "send", "{", good, 400, "bad_frame"},
		"not an object":        {"POST", "send", `[1]`, good, 400, "bad_frame"},
		"wrong type":           {"POST", "send", say(`7`), good, 400, "bad_frame"},
		"empty":                {"POST", "send", say(`""`), good, 422, "empty"},
		"white space":          {"POST", "send", say(`" \n\u200b "`), good, 422, "empty"},
		"too long":             {"POST", "send", say(`"` + strings.Repeat("é", 4001) + `"`), good, 422, "too_long"},
		"too large":            {"POST", "send", say(`"` + strings.Repeat("x", 70000) + `"`), good, 413, "frame_too_large"},
		"bad client id":        {"POST", "send", `{"mark":"` + mark + `","cid":"a b","text":"x"}`, good, 400, "bad_frame"},
		"no cookie or mark":    {"POST", "send", `{"cid":"client-9","text":"x"}`, good, 200, "no_session"},
		"unknown kind":         {"POST", "shout", `{"mark":"` + mark + `"}`, good, 400, "unknown_frame"},
		"unknown tag":          {"POST", "tag", `{"mark":"` + mark + `","data":{"shoe":44}}`, good, 400, "bad_frame"},
		"no such path":         {"GET", "/_chat/nothing", "", good, 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path
			if path[0] != '/' {
				path = "/_chat/api/" + path
			}
			r := b.Request(c.method, path, []byte(c.body))
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			resp, body := b.Do(r)
			if resp.StatusCode != c.status || !strings.Contains(body, `"code":"`+c.code+`"`) {
				t.Fatalf("%d %s, want %d %s", resp.StatusCode, body, c.status, c.code)
			}
		})
	}
	if got := b.History(mark); got != "hello" {
		t.Fatalf("afterwards the conversation is %q", got)
	}
}

func TestLongestMessageFits(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	text := strings.Repeat("𝔞", 4000)
	mark := b.StartChat(text)
	if got := b.History(mark); got != text {
		t.Fatalf("%d bytes came back of %d", len(got), len(text))
	}
}

func TestBadFramesHarmNeitherSocketNorServer(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	mark := b.StartChat("hello")
	s := b.Hello(mark)
	for _, c := range []struct {
		kind int
		body string
		code string
	}{
		{websocket.BinaryMessage, "\x00\x01", "bad_frame"},
		{websocket.TextMessage, "", "bad_frame"},
		{websocket.TextMessage, "null", "bad_frame"},
		{websocket.TextMessage, `{"t":"send","cid":7}`, "bad_frame"},
		{websocket.TextMessage, `{"t":"nonsense"}`, "unknown_frame"},
		{websocket.TextMessage, `{"t":"send","cid":"client-2","text":" "}`, "empty"},
		{websocket.TextMessage, `{"t":"send","cid":"client-2","text":"` + strings.Repeat("x", 4001) + `"}`, "too_long"},
	} {
		if err := s.Conn.WriteMessage(c.kind, []byte(c.body)); err != nil {
			t.Fatal(err)
		}
		if f := s.Expect("error"); f.Code != c.code {
			t.Errorf("%q: %+v, want %s", c.body, f, c.code)
		}
	}
	s.Send(caddytest.Obj{"t": "send", "cid": "client-3", "text": "still here"})
	s.Expect("ack")
}

func TestForeignPagesOpenNoSocket(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	for _, path := range []string{"/_chat/socket", "/desk/socket"} {
		for _, origin := range []string{"https://evil.example", "null", ""} {
			header := http.Header{}
			if origin != "" {
				header.Set("Origin", origin)
			}
			_, resp, err := websocket.DefaultDialer.Dial("ws://"+w.Addr+path, header)
			if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s from %q: %v", path, origin, err)
			}
			if resp != nil {
				_ = resp.Body.Close()
			}
		}
	}
}

func TestSocketWithoutASessionIsToldSo(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	s := w.Browser().Socket("/_chat/socket")
	s.Send(caddytest.Obj{"t": "hello"})
	if f := s.Expect("hello"); f.Who != "none" {
		t.Fatalf("%+v", f)
	}
	if code := s.CloseCode(); code != 4002 {
		t.Fatalf("closed with %d", code)
	}
}

func TestSendingTwiceIsOnce(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	mark := b.StartChat("one")
	first := b.Call("send", "ack", caddytest.Obj{"mark": mark, "cid": "client-1", "text": "two"})
	again := b.Call("send", "ack", caddytest.Obj{"mark": mark, "cid": "client-1", "text": "two, changed"})
	if first.Seq != again.Seq || b.History(mark) != "one|two" {
		t.Fatalf("%d, %d, %q", first.Seq, again.Seq, b.History(mark))
	}
}

func TestAgentAndVisitorTalk(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "Where is my parcel?"})
	tab, second := b.Hello(""), b.Hello("")

	_, desk := w.Desk()
	desk.Send(caddytest.Obj{"t": "inbox", "status": "open"})
	inbox := desk.Expect("inbox").Conversations
	if len(inbox) != 1 || inbox[0].Unread != 1 || !inbox[0].Person || inbox[0].Profile.Email != "mia@example.com" ||
		inbox[0].Profile.Fields["plan"] != "plus" || len(inbox[0].Profile.Labels) != 2 {
		t.Fatalf("inbox: %+v", inbox)
	}
	id := inbox[0].ID
	desk.Send(caddytest.Obj{"t": "open", "conv": id})
	if got := desk.Expect("messages").Texts(); got != "Where is my parcel?" {
		t.Fatalf("the agent sees %q", got)
	}
	desk.Send(caddytest.Obj{"t": "typing", "conv": id, "on": true})
	tab.Expect("typing")
	desk.Send(caddytest.Obj{"t": "reply", "conv": id, "cid": "desk-0001", "text": "On its way."})
	desk.Expect("ack")
	for _, s := range []*caddytest.Socket{tab, second} {
		m := s.Expect("message").M
		if m.Text != "On its way." || m.From != "agent" || m.Name != "Anna Berg" || m.Seq != 2 {
			t.Fatalf("the visitor got %+v", m)
		}
	}
	desk.Send(caddytest.Obj{"t": "status", "conv": id, "status": "resolved"})
	tab.Until("resolved", func(f caddytest.Frame) bool { return f.T == "state" })
	tab.Send(caddytest.Obj{"t": "send", "cid": "client-2", "text": "Thanks!"})
	desk.Until("reopened by the visitor", func(f caddytest.Frame) bool { return f.T == "conversation" && f.C.Status == "open" && f.C.Unread == 1 })
	desk.Send(caddytest.Obj{"t": "assign", "conv": id, "agent": "nobody@example.com"})
	if f := desk.Expect("error"); f.Code != "not_found" {
		t.Fatalf("assigning to a stranger: %+v", f)
	}
	desk.Send(caddytest.Obj{"t": "open", "conv": "someone-elses"})
	if f := desk.Expect("error"); f.Code != "not_found" {
		t.Fatalf("opening what is not there: %+v", f)
	}
}

func TestConsoleTakesASignIn(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	if status, f := b.Post("/desk/api/me", caddytest.Obj{}); status != 200 || f.Code != "signed_out" {
		t.Fatalf("who am I: %d %+v", status, f)
	}
	s := b.Socket("/desk/socket")
	s.Expect("signed_out")
	for i := 0; ; i++ {
		status, f := b.Post("/desk/api/login", caddytest.Obj{"email": "anna@example.com", "password": "guess"})
		if i >= 5 && status == 429 && f.Code == "rate_limited" {
			break
		}
		// The first waits are of seconds: on a machine that stands still they are
		// over before the next guess. After twelve guesses it is two minutes.
		if status != 401 || f.Code != "wrong_credentials" || i > 12 {
			t.Fatalf("guess %d: %d %+v", i, status, f)
		}
	}
	resp, page := b.Visit("/desk/")
	if !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(page, "/_chat/") {
		t.Fatalf("the console's page: %v %s", resp.Header, page)
	}
	if resp, _ := b.Visit("/desk"); resp.StatusCode != 308 || resp.Header.Get("Location") != "/desk/" {
		t.Fatalf("without its slash: %d", resp.StatusCode)
	}
}

func TestAgentsSeeTheirSitesOnly(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	w.Load(w.Caddyfile("agent ben@example.com "+caddytest.AnnaHash+" {\n sites other\n}", caddytest.ShopIdentity))
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "for the shop"})
	_, anna := w.Desk()
	anna.Send(caddytest.Obj{"t": "inbox", "status": "all"})
	id := anna.Expect("inbox").Conversations[0].ID

	ben := w.Browser()
	if status, f := ben.Post("/desk/api/login", caddytest.Obj{"email": "Ben@example.com", "password": caddytest.AnnaPassword}); status != 200 {
		t.Fatalf("%d %+v", status, f)
	}
	s := ben.Socket("/desk/socket")
	s.Expect("hello")
	s.Send(caddytest.Obj{"t": "inbox", "status": "all"})
	if got := s.Expect("inbox").Conversations; len(got) != 0 {
		t.Fatalf("ben sees %+v", got)
	}
	for _, f := range []caddytest.Obj{
		{"t": "open", "conv": id}, {"t": "reply", "conv": id, "cid": "desk-0002", "text": "x"}, {"t": "earlier", "conv": id}, {"t": "later", "conv": id},
		{"t": "status", "conv": id, "status": "resolved"}, {"t": "assign", "conv": id}, {"t": "read", "conv": id, "seq": 1}, {"t": "typing", "conv": id},
	} {
		s.Send(f)
		if got := s.Expect("error"); got.Code != "not_found" {
			t.Errorf("%v: %+v", f, got)
		}
	}
}

func TestFirstMessageReachesTheOtherTabs(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	tabs := []*caddytest.Socket{b.Hello(""), b.Hello(""), b.Hello("")}
	tabs[0].Send(caddytest.Obj{"t": "send", "cid": "client-1", "text": "the very first"})
	for _, s := range tabs {
		if m := s.Expect("message").M; m.Text != "the very first" || m.Seq != 1 {
			t.Fatalf("%+v", m)
		}
	}
}

// A connection outlives its handler, and so the log line about the request.
func TestSocketsBesideAnAccessLog(t *testing.T) {
	w := caddytest.Prepare(t, caddytest.Shop)
	w.Load(strings.Replace(w.Caddyfile("", caddytest.ShopIdentity), "chat_console {", "log\n	chat_console {", 1))
	b := w.Browser()
	b.Visit("/in?as=mia")
	for i := range 10 {
		s := b.Hello("")
		s.Send(caddytest.Obj{"t": "send", "cid": "client-" + string(rune('0'+i)), "text": "hello"})
		s.Expect("ack")
	}
	if w.Logged("http.log.access", "/_chat/socket") == 0 {
		t.Fatal("no line of the access log tells of the sockets")
	}
}
