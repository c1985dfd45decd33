package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/chat"
)

// ids are client ids, good and bad, for seeds.
var ids = []string{"client-1", "", "short", strings.Repeat("x", 65), "a b c d e", "näheres-1", "-_-_-_-_", "client-1\n"}

var goodID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// frames are seeds of what widget and console say.
var frames = []string{
	`{"t":"hello","mark":"m","after":3,"page":{"url":"https://shop.example/a?b#c","title":"A"}}`,
	`{"t":"send","cid":"client-1","text":"hello","url":"https://u:p@shop.example/"}`,
	`{"t":"send","cid":"client-2","text":"\ud800\u0000\u202e"}`,
	`{"t":"typing","on":true}`, `{"t":"read","seq":18446744073709551615}`, `{"t":"earlier","before":-1}`,
	`{"t":"page","url":"javascript:alert(1)","title":"` + strings.Repeat("é", 300) + `"}`,
	`{"t":"tag","data":{"id":"1","labels":["a"],"additionalTaggingData":{"k":null}}}`, `{"t":"tag","data":null}`, `{"t":"tag"}`,
	`{"t":"inbox","status":"open","assignee":"me","field":{"name":"plan","value":"Plus"},"cursor":"x"}`, `{"t":"open","conv":"c","after":1}`,
	`{"t":"reply","conv":"c","cid":"desk-0001","text":"x"}`, `{"t":"status","conv":"c","status":"closed"}`,
	`{"t":"assign","conv":"c","agent":"x@y"}`, `{"t":"leave","conv":"c"}`, `{"t":"here"}`, `{"t":"start"}`,
	`{}`, `null`, `[]`, `"x"`, `{"t":7}`, `{"t":"send","cid":7}`, `{`, ``, "\xff", strings.Repeat(`{"page":`, 2000),
}

// checkAnswer fails where an answer is no frame that the protocol knows.
func checkAnswer(t *testing.T, body []byte) said {
	t.Helper()
	var f said
	if err := json.Unmarshal(body, &f); err != nil || f.T == "" || !utf8.Valid(body) {
		t.Fatalf("the answer is no frame: %q %v", body, err)
	}
	if f.T == "error" && (f.Code == "" || f.Code == "unavailable") {
		t.Fatalf("what was sent made the chat unavailable: %q", body)
	}
	return f
}

// FuzzPost is the whole way of a visitor's POST, by a visitor with a chat and
// by one without.
func FuzzPost(f *testing.F) {
	w := newWorld(f)
	w.limits.Enable(false)
	known := w.browser("203.0.113.1")
	mark := known.start("for who was there")
	for _, kind := range []string{"hello", "start", "send", "earlier", "tag", "page", "read", "typing", "nonsense", "../desk"} {
		for i, frame := range frames {
			f.Add(kind, i%2 == 0, []byte(strings.Replace(frame, `"mark":"m"`, `"mark":"`+mark+`"`, 1)))
		}
	}
	for _, id := range ids {
		frame, _ := json.Marshal(obj{"cid": id, "text": "x", "mark": mark})
		f.Add("send", true, frame)
	}
	token := known.token()
	f.Fuzz(func(t *testing.T, kind string, cookie bool, body []byte) {
		if kind == "reset" {
			return // it would end the session that the others use
		}
		r := httptest.NewRequest(http.MethodPost, "http://shop.example/", bytes.NewReader(body))
		r.Header.Set("Origin", "http://shop.example")
		r.Header.Set("Content-Type", "application/json")
		if cookie {
			r.AddCookie(&http.Cookie{Name: "parley-shop-session", Value: token})
		}
		rec := httptest.NewRecorder()
		w.widget.ServeHTTP(rec, r, "/_chat/api/"+kind)
		answer := checkAnswer(t, rec.Body.Bytes())
		var sent struct{ CID, Mark string }
		_ = json.Unmarshal(body, &sent) // where it can't be read there is nothing to compare
		if answer.T == "ack" && (!goodID.MatchString(answer.CID) || !cookie || sent.Mark == "") {
			t.Fatalf("acknowledged: %q for %q, cookie %v", rec.Body, body, cookie)
		}
		if strings.Contains(rec.Body.String(), "for who was there") && (!cookie || sent.Mark != mark) {
			t.Fatalf("%q opened the chat: %q", body, rec.Body)
		}
	})
}

// onWire makes a socket whose frames are taken as if they were read, and
// returns what came of each: its answers reach nobody.
func onWire(w *world, newPeer func(*socket) peer) *socket {
	s := &socket{live: w.live, release: func() {}, writing: true} // nothing is written
	s.peer = newPeer(s)
	return s
}

// drain takes what a socket would have written.
func (s *socket) drain() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := s.queue
	s.queue = nil
	s.add(-s.waiting)
	return items
}

func checkItems(t *testing.T, items []any) {
	t.Helper()
	for _, item := range items {
		switch item := item.(type) {
		case helloItem:
			encode(t, item.frame)
		case followItem:
			encode(t, item.frame)
		case closeItem, chat.Event, beatItem:
		default:
			encode(t, item)
		}
	}
}

func encode(t *testing.T, frame any) {
	t.Helper()
	body, err := json.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	checkAnswer(t, body)
}

// FuzzVisitorFrame is what a visitor's socket takes.
func FuzzVisitorFrame(f *testing.F) {
	w := newWorld(f)
	w.limits.Enable(false)
	b := w.browser("203.0.113.1")
	b.post("start", "hello", obj{"mark": aMark, "cid": "client-0", "text": "hello"})
	token := b.token()
	for i, frame := range frames {
		f.Add(i%5 != 0, i%7 != 0, []byte(frame))
	}
	f.Fuzz(func(t *testing.T, greeted, text bool, body []byte) {
		s := onWire(w, func(s *socket) peer { return newVisitorSocket(w.widget, s, caller{}, token) })
		defer s.peer.gone()
		if greeted {
			s.take(websocket.TextMessage, []byte(`{"t":"hello","mark":"`+aMark+`"}`))
			s.drain()
		}
		kind := websocket.TextMessage
		if !text {
			kind = websocket.BinaryMessage
		}
		s.take(kind, body)
		items := s.drain()
		checkItems(t, items)
		if !greeted && !strings.Contains(string(body), aMark) {
			for _, item := range items {
				if h, ok := item.(helloItem); ok && h.frame.Who != chat.WhoNone {
					t.Fatalf("%q was greeted as %s", body, h.frame.Who)
				}
			}
		}
	})
}

// FuzzConsoleFrame is what an agent's socket takes, and that of nobody.
func FuzzConsoleFrame(f *testing.F) {
	w := newWorld(f)
	w.limits.Enable(false)
	w.browser("203.0.113.1").start("hello")
	conv := string(w.inbox()[0].ID)
	desk := w.agent()
	for i, frame := range frames {
		f.Add(i%5 != 0, []byte(frame))
		f.Add(true, []byte(strings.Replace(frame, `"conv":"c"`, `"conv":"`+conv+`"`, 1)))
	}
	f.Fuzz(func(t *testing.T, signedIn bool, body []byte) {
		agent := desk
		if !signedIn {
			agent = nil
		}
		s := onWire(w, func(s *socket) peer { return newDeskSocket(w.console, s, caller{}, agent) })
		defer s.peer.gone()
		s.take(websocket.TextMessage, body)
		items := s.drain()
		checkItems(t, items)
		if !signedIn {
			for _, item := range items {
				if f, ok := item.(errorFrame); !ok || f.Code != "bad_frame" {
					t.Fatalf("nobody got %+v for %q", item, body)
				}
			}
		}
	})
}

// FuzzLogin is what strangers may send to the console.
func FuzzLogin(f *testing.F) {
	w := newWorld(f)
	for _, body := range append(frames, `{"email":"anna@example.com","password":"guess"}`, `{"email":1}`, `{"email":"`+strings.Repeat("a", 300)+`"}`) {
		for _, path := range []string{"login", "me", "logout"} {
			f.Add(path, "token", []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, path, cookie string, body []byte) {
		var asked struct{ Email, Password string }
		if json.Unmarshal(body, &asked) == nil && asked.Password == "secret" {
			return
		}
		r := httptest.NewRequest(http.MethodPost, "http://shop.example/", bytes.NewReader(body))
		r.Header.Set("Origin", "http://shop.example")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", "parley-desk="+cookie)
		rec := httptest.NewRecorder()
		w.console.ServeHTTP(rec, r, "/desk/api/"+path)
		if answer := checkAnswer(t, rec.Body.Bytes()); answer.T == "me" {
			t.Fatalf("%q signed in", body)
		}
	})
}

// FuzzCookies reads and strips cookies, whatever a header holds.
func FuzzCookies(f *testing.F) {
	for _, line := range []string{"", "parley-shop-session=abc", "a=b; parley-shop-session=abc; c=d", "__Host-parley-shop-session=x; parley-shop=p",
		"parley-shop-session=a; parley-shop-session=b", "parley-shop-session", "parley-shop-session=\"a b\"", ";;; =; parley-shop-session =x",
		"PARLEY-SHOP-SESSION=x", "xparley-shop-session=x; parley-shop-sessionx=y", "a=\x00; parley-shop-session=\x7f", "a=b; parley-wiki-session=c"} {
		f.Add(line, line, false)
		f.Add(line, "", true)
	}
	c := NewCookies("shop")
	f.Fuzz(func(t *testing.T, one, two string, secure bool) {
		r := &http.Request{Header: http.Header{"Cookie": {one, two}}}
		token := c.Token(r, secure)
		if token != "" && !strings.Contains(one+"\n"+two, token) {
			t.Fatalf("a token %q out of %q and %q", token, one, two)
		}
		if token != "" && !c.Present(r.Header) {
			t.Fatalf("%q and %q hold a token and look as if not", one, two)
		}
		others := func(r *http.Request) (list []string) {
			for _, k := range r.Cookies() {
				if !isSession(k.Name) {
					list = append(list, k.Name+"="+k.Value)
				}
			}
			return list
		}
		before := others(r)
		c.Strip(r.Header)
		for _, secure := range []bool{false, true} {
			if left := r.CookiesNamed(c.session(secure)); len(left) > 0 {
				t.Fatalf("%q and %q leave %v", one, two, left)
			}
		}
		if after := others(r); strings.Join(after, ";") != strings.Join(before, ";") {
			t.Fatalf("of %q and %q the app's cookies %q become %q", one, two, before, after)
		}
	})
}

// FuzzOrigin decides which pages may talk to the chat.
func FuzzOrigin(f *testing.F) {
	for _, origin := range []string{"", "null", "https://shop.example", "https://shop.example:443", "http://shop.example:80", "https://SHOP.example",
		"https://shop.example.evil.example", "https://evil.example/shop.example", "https://shop.example@evil.example", "https://shop.example#@evil.example",
		"https:shop.example", "//shop.example", "https://[::1]:443", "https://shop.example\\evil", "ftp://shop.example", "https://shop.example "} {
		f.Add(origin, "shop.example", "", true)
		f.Add(origin, "shop.example:443", "same-origin", false)
	}
	f.Fuzz(func(t *testing.T, origin, host, site string, secure bool) {
		r := &http.Request{Host: host, Header: http.Header{"Sec-Fetch-Site": {site}}}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if !sameOrigin(r, secure) {
			return
		}
		if origin == "" {
			if site != "same-origin" {
				t.Fatalf("a request that says nothing of itself is believed: %q", site)
			}
			return
		}
		u, err := url.Parse(origin)
		if err != nil || secure && u.Scheme != "https" {
			t.Fatalf("%q is believed over TLS %v", origin, secure)
		}
		name := func(hostport string) string {
			return strings.ToLower((&url.URL{Host: hostport}).Hostname())
		}
		if name(u.Host) != name(host) {
			t.Fatalf("%q passes for the origin of %q", origin, host)
		}
	})
}

// FuzzAsset asks for a script with any query and header.
func FuzzAsset(f *testing.F) {
	body := []byte(strings.Repeat("// a script\n", 100))
	a := NewAsset("text/javascript", body)
	for _, query := range []string{"v=" + a.Hash(), "v=", "v=x&v=" + a.Hash(), "%zz", ";", "v=%00"} {
		f.Add(query, "gzip, br;q=0", `W/"`+a.Hash()+`"`)
		f.Add(query, "gzip;q=0, *", "*")
	}
	f.Fuzz(func(t *testing.T, query, encoding, match string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: query}, Header: http.Header{}}
		r.Header.Set("Accept-Encoding", encoding)
		r.Header.Set("If-None-Match", match)
		rec := httptest.NewRecorder()
		a.ServeHTTP(rec, r)
		h := rec.Header()
		forever := strings.Contains(h.Get("Cache-Control"), "immutable")
		if forever && r.URL.Query().Get("v") != a.Hash() {
			t.Fatalf("%q is kept for ever", query)
		}
		switch rec.Code {
		case http.StatusNotModified:
			if !strings.Contains(match, a.Hash()) {
				t.Fatalf("%q is not modified", match)
			}
		case http.StatusOK:
			plain := h.Get("Content-Encoding") == ""
			if plain != bytes.Equal(rec.Body.Bytes(), body) {
				t.Fatal("coded as it was not said to be")
			}
		default:
			t.Fatalf("status %d", rec.Code)
		}
	})
}

// FuzzPage is the address that a browser says it looks at, which agents see as
// a link.
func FuzzPage(f *testing.F) {
	for _, u := range []string{"https://shop.example/a?b=c#d", "http://u:p@shop.example/", "javascript:alert(1)", "//x", "", "https://", "https://x/" + strings.Repeat("a", 3000),
		"https://x/?" + strings.Repeat("a", 3000), "https://\x00", "https://x/\xff", "HTTPS://X/%zz"} {
		f.Add(u, "A title")
		f.Add(u, strings.Repeat("é\xff", 200))
	}
	f.Fuzz(func(t *testing.T, address, title string) {
		p := pageFrame{address, title}.clean()
		if p.URL == "" {
			return
		}
		u, err := url.Parse(p.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q becomes %q: %v", address, p.URL, err)
		}
		if len(p.URL) > maxURL || len(p.Title) > maxTitle || !utf8.ValidString(p.Title) {
			t.Fatalf("%q and %q become %d and %d bytes", address, title, len(p.URL), len(p.Title))
		}
		if _, err := json.Marshal(p); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzClientID: what has the form that is asked for is taken, all else is not.
func FuzzClientID(f *testing.F) {
	for _, id := range ids {
		f.Add(id, "text")
	}
	f.Fuzz(func(t *testing.T, id, text string) {
		err := chat.CheckDraft(id, text)
		if good := goodID.MatchString(id) && !strings.HasSuffix(id, "\n"); good != chat.ValidClientID(id) || err == nil && !good {
			t.Fatalf("%q: %v", id, err)
		}
		if clean, err := chat.CleanText(text); err == nil && (!utf8.ValidString(clean) || utf8.RuneCountInString(clean) > chat.MaxText || strings.TrimSpace(clean) != clean) {
			t.Fatalf("%q becomes %q", text, clean)
		}
	})
}

// What no fuzzing finds by chance: a frame that is as deep as it may be long.
func TestDeepFrameIsRefused(t *testing.T) {
	w := newWorld(t)
	deep := strings.Repeat(`{"page":`, maxFrame/8-1)
	r := httptest.NewRequest(http.MethodPost, "http://shop.example/", strings.NewReader(deep))
	r.Header.Set("Origin", "http://shop.example")
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	w.widget.ServeHTTP(rec, r.WithContext(context.Background()), "/_chat/api/hello")
	if f := checkAnswer(t, rec.Body.Bytes()); f.Code != "bad_frame" {
		t.Fatalf("%+v", f)
	}
}
