package caddymodule_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/internal/caddytest"
)

// names is an application that says what a test has it say: the headers in the
// query as h-NAME, each value of a repeated one, and the status and type.
func names(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	kind := "text/html"
	for k, values := range r.URL.Query() {
		if name, ok := strings.CutPrefix(k, "h-"); ok {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		switch k {
		case "status":
			_, _ = fmt.Sscan(values[0], &status)
		case "type":
			kind = values[0]
		}
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	if status != http.StatusNotModified {
		fmt.Fprint(w, "<!doctype html><title>Page</title><p>page")
	}
}

func TestValuesThatNameNobody(t *testing.T) {
	w := caddytest.NewWorld(t, names, strings.Replace(caddytest.ShopIdentity, "id X-User-Id", "id X-User-Id\nnobody gast", 1))
	long := strings.Repeat("x", 257)
	for _, value := range []string{"", "%20", "0", "-", "null", "Undefined", "false", "none", "ANONYMOUS", "guest", "gast", long, "7&h-x-user-id=8"} {
		b := w.Browser()
		b.Visit("/?h-x-user-id=" + value)
		if b.Token() != "" {
			t.Errorf("%.20q was taken for somebody", value)
		}
	}
	for _, value := range []string{"7", "7&h-x-user-id=7", strings.Repeat("x", 256), "%20guest%20house", "J%F6rg"} {
		b := w.Browser()
		b.Visit("/?h-x-user-id=" + value)
		if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
			t.Errorf("%.20q is %s", value, f.Who)
		}
	}
}

func TestBytesThatAreNotUTF8AreLatin1(t *testing.T) {
	w := caddytest.NewWorld(t, names, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/?h-x-user-id=7&h-x-user-firstname=J%F6rg")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Me.Firstname != "Jörg" {
		t.Fatalf("the name became %q", f.Me.Firstname)
	}
}

func TestAddressAloneConfirmsAndIsNoSwitch(t *testing.T) {
	w := caddytest.NewWorld(t, names, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/?h-x-user-id=7&h-x-user-email=Mia@Example.com")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	tab, token := b.Hello(""), b.Token()
	b.Visit("/?h-x-user-email=%20mia@example.COM")
	if b.Token() != token {
		t.Fatal("the address alone was a switch")
	}
	tab.Send(caddytest.Obj{"t": "here"})
	tab.Expect("ok")
	phone := w.Browser()
	phone.Agent = "a phone"
	phone.Visit("/?h-x-user-email=mia@example.com")
	if got := phone.History(""); got != "mia's" {
		t.Fatalf("by the address alone, the phone shows %q", got)
	}
	other := w.Browser()
	other.Agent = "another"
	other.Visit("/?h-x-user-id=8&h-x-user-email=mia@example.com")
	if got := other.History(""); got != "" {
		t.Fatalf("another id with her address sees %q", got)
	}
}

// Absence counts on pages that people navigate to, and nowhere else.
func TestAbsenceCountsOnPagesOnly(t *testing.T) {
	for name, c := range map[string]struct {
		path, method string
		header       []string
		ends         bool
	}{
		"a page":              {path: "/", ends: true},
		"a page not found":    {path: "/?status=404"},
		"a page that failed":  {path: "/?status=500"},
		"not modified":        {path: "/?status=304"},
		"JSON":                {path: "/?type=application/json"},
		"a page from a cache": {path: "/?h-age=3"},
		"a page for caches":   {path: "/?h-cache-control=public"},
		"a posted form":       {path: "/", method: http.MethodPost},
		"HEAD":                {path: "/", method: http.MethodHead},
		"prefetched":          {path: "/", header: []string{"Sec-Purpose", "prefetch"}},
		"fetched by a script": {path: "/", header: []string{"Sec-Fetch-Dest", "empty"}},
		"in a frame":          {path: "/", header: []string{"Sec-Fetch-Dest", "iframe"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := caddytest.NewWorld(t, names, caddytest.ShopIdentity)
			b := w.Browser()
			b.Visit("/?h-x-user-id=7")
			r := b.Request(c.method, c.path, nil)
			r.Header.Set("Accept", "text/html")
			for i := 0; i < len(c.header); i += 2 {
				r.Header.Set(c.header[i], c.header[i+1])
			}
			b.Do(r)
			if f := b.Call("hello", "hello", caddytest.Obj{}); (f.Who == "none") != c.ends {
				t.Fatalf("after it: %s", f.Who)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	for scope, c := range map[string]struct{ afterAPI, afterPage string }{
		"auto":       {"person", "none"}, // until a page has spoken, as login
		"every_page": {"none", "none"},
		"login":      {"person", "person"},
	} {
		t.Run(scope, func(t *testing.T) {
			w := caddytest.NewWorld(t, names, strings.Replace(caddytest.ShopIdentity, "identity {", "identity {\nscope "+scope, 1))
			b := w.Browser()
			b.Visit("/login?h-x-user-id=7&type=application/json")
			b.Visit("/")
			if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != c.afterAPI {
				t.Errorf("where only a call named her: %s", f.Who)
			}
			b = w.Browser()
			b.Agent = "another"
			b.Visit("/?h-x-user-id=7")
			b.Visit("/")
			if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != c.afterPage {
				t.Errorf("where a page named her: %s", f.Who)
			}
		})
	}
}

func TestEvidenceOnNotModifiedCounts(t *testing.T) {
	w := caddytest.NewWorld(t, names, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/?h-x-user-id=7&status=304")
	if f := b.Call("hello", "hello", caddytest.Obj{}); f.Who != "person" {
		t.Fatalf("after a 304: %s", f.Who)
	}
}

// A form posted from another site, as SAML logins are, comes without our Lax
// cookie: the mark claims all the same.
func TestCrossSiteLoginClaimsByTheMark(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	mark := b.StartChat("before")
	tab, old := b.Hello(mark), b.Token()
	b.SetToken("shop", "") // the browser sends none with this
	r := b.Request(http.MethodPost, "/in?as=mia", nil)
	r.Header.Set("Origin", "https://sso.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.Do(r)
	if b.Token() == "" || b.Token() == old {
		t.Fatal("no session of the person's")
	}
	if got := b.History(mark); got != "before" {
		t.Fatalf("after the login: %q", got)
	}
	tab.Expect("again")
	b.SetToken("shop", old)
	if f := b.Call("hello", "hello", caddytest.Obj{"mark": mark}); f.Who == "anonymous" || f.Texts() != "" {
		t.Fatalf("the old token opens %+v", f)
	}
}

func TestOldCookieIsWorthlessEverywhere(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "a secret"})
	id := attach(b, "a secret file")
	seq := b.Call("send", "ack", caddytest.Obj{"cid": "client-2", "text": "", "attachments": []string{id}}).Seq
	if got := file(b, seq, id); got != "a secret file" {
		t.Fatalf("while signed in, the file is %q", got)
	}
	old := b.Token()
	b.Visit("/out")
	thief := w.Browser()
	thief.SetToken("shop", old)
	for kind, body := range map[string]caddytest.Obj{
		"hello": {"after": 0}, "earlier": {"before": 2}, "send": {"cid": "client-3", "text": "as mia"}, "read": {"seq": 1},
		"tag": {"data": caddytest.Obj{"firstname": "Eve"}}, "typing": {"on": true}, "page": {"url": w.URL},
	} {
		_, f := thief.Post("/_chat/api/"+kind, body)
		if f.T != "error" && (f.T != "hello" || f.Who != "none") || strings.Contains(fmt.Sprintf("%+v", f), "secret") {
			t.Errorf("%s: %+v", kind, f)
		}
	}
	if got := file(thief, seq, id); strings.Contains(got, "secret") {
		t.Errorf("attachment: %q", got)
	}
	if got := attach(thief, "anything"); got != "" {
		t.Errorf("an upload was taken: %q", got)
	}
	s := thief.Socket("/_chat/socket")
	s.Send(caddytest.Obj{"t": "hello"})
	if f := s.Expect("hello"); f.Who != "none" || f.Texts() != "" {
		t.Errorf("socket: %+v", f)
	}
	if code := s.CloseCode(); code != 4002 {
		t.Errorf("the socket closed with %d", code)
	}
}

// attach sends a file and returns its id, or nothing where it is refused.
func attach(b *caddytest.Browser, file string) string {
	b.World.T.Helper()
	r := b.Request(http.MethodPost, "/_chat/api/upload", []byte("{\"name\":\"a.txt\"}\n"+file))
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Origin", b.World.URL)
	_, body := b.Do(r)
	_, rest, _ := strings.Cut(body, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// file asks for a file of a message and returns the answer.
func file(b *caddytest.Browser, seq int, id string) string {
	b.World.T.Helper()
	r := b.Request(http.MethodPost, "/_chat/api/attachment", fmt.Appendf(nil, `{"seq":%d,"id":%q}`, seq, id))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", b.World.URL)
	_, body := b.Do(r)
	return body
}

func TestRequestsOfOtherSitesChangeNothing(t *testing.T) {
	w := caddytest.NewWorld(t, caddytest.Shop, caddytest.ShopIdentity)
	b := w.Browser()
	b.Visit("/in?as=mia")
	b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "hello"})
	agent, _ := w.Desk()
	visitor := []string{"hello", "start", "send", "earlier", "read", "tag", "typing", "page", "reset", "attachment", "upload"}
	desk := []string{"login", "me", "logout", "attachment", "upload"}
	for name, c := range map[string]struct {
		method, kind string // of content
		header       []string
		want         int
	}{
		"another origin":         {header: []string{"Origin", "https://evil.example"}, want: 403},
		"the null origin":        {header: []string{"Origin", "null"}, want: 403},
		"another port":           {header: []string{"Origin", "http://127.0.0.1:1"}, want: 403},
		"no word of where from":  {want: 403},
		"another site":           {header: []string{"Sec-Fetch-Site", "cross-site"}, want: 403},
		"a sister site":          {header: []string{"Sec-Fetch-Site", "same-site"}, want: 403},
		"an address typed":       {header: []string{"Sec-Fetch-Site", "none"}, want: 403},
		"a lie beside an origin": {header: []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, want: 403},
		"a form":                 {kind: "application/x-www-form-urlencoded", header: []string{"Sec-Fetch-Site", "same-origin"}, want: 415},
		"plain text":             {kind: "text/plain", header: []string{"Origin", w.URL}, want: 415},
		"a GET":                  {method: http.MethodGet, header: []string{"Origin", w.URL}, want: 405},
	} {
		t.Run(name, func(t *testing.T) {
			try := func(who *caddytest.Browser, path, kind string) {
				method := c.method
				if method == "" {
					method = http.MethodPost
				}
				if c.kind != "" {
					kind = c.kind
				}
				r := who.Request(method, path, []byte(`{"cid":"client-9","text":"forged","email":"a","password":"b"}`+"\n"))
				r.Header.Set("Content-Type", kind)
				for i := 0; i < len(c.header); i += 2 {
					r.Header.Set(c.header[i], c.header[i+1])
				}
				if resp, body := who.Do(r); resp.StatusCode != c.want || len(resp.Header["Set-Cookie"]) > 0 {
					t.Errorf("%s: %d %s", path, resp.StatusCode, body)
				}
			}
			for prefix, kinds := range map[string][]string{"/_chat/api/": visitor, "/desk/api/": desk} {
				who := b
				if prefix == "/desk/api/" {
					who = agent
				}
				for _, kind := range kinds {
					content := "application/json"
					if kind == "upload" {
						content = "application/octet-stream"
					}
					try(who, prefix+kind, content)
				}
			}
		})
	}
	if got := b.History(""); got != "hello" {
		t.Fatalf("after all of it: %q", got)
	}
	for _, path := range []string{"/_chat/socket", "/desk/socket"} {
		for _, origin := range []http.Header{{"Origin": {"https://evil.example"}}, {}} {
			d := websocket.Dialer{Jar: b.Client.Jar, HandshakeTimeout: caddytest.Deadline}
			if conn, resp, err := d.Dial("ws://"+w.Addr+path, origin); err == nil {
				conn.Close()
				t.Errorf("%s opened with %v", path, origin)
			} else if resp == nil || resp.StatusCode != 403 {
				t.Errorf("%s with %v: %v", path, origin, err)
			}
		}
	}
}

const unknownAgent = "lena@example.com"

func TestAgentOfEvidenceGetsTheConversation(t *testing.T) {
	w := caddytest.NewWorld(t, names, strings.Replace(caddytest.ShopIdentity, "field plan", "agent X-Manager\nfield plan", 1))
	_, desk := w.Desk()
	first := func(b *caddytest.Browser, path string) caddytest.Summary {
		b.Visit(path)
		b.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "hello"})
		return desk.Until("the conversation", func(f caddytest.Frame) bool { return f.T == "conversation" && f.C.Unread == 1 }).C
	}
	known, unknown := w.Browser(), w.Browser()
	unknown.Agent = "another"
	c := first(known, "/?h-x-user-id=7&h-x-manager=Anna@Example.com&h-x-user-labels=vip,%20trade&h-x-user-plan=plus")
	if c.Assignee != "anna@example.com" || c.Note != "" {
		t.Errorf("assigned to %q, with the note %q", c.Assignee, c.Note)
	}
	if strings.Join(c.Profile.Labels, "|") != "vip|trade" || c.Profile.Fields["plan"] != "plus" {
		t.Errorf("the profile is %+v", c.Profile)
	}
	c = first(unknown, "/?h-x-user-id=8&h-x-manager="+unknownAgent)
	if c.Assignee != "" || !strings.Contains(c.Note, unknownAgent) {
		t.Errorf("an unknown agent: assigned to %q, with the note %q", c.Assignee, c.Note)
	}
	if n := w.Logged("agent who is not known", c.ID); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
}

func TestWhatThePageSaysChangesNothingVerified(t *testing.T) {
	w := caddytest.NewWorld(t, names, strings.Replace(caddytest.ShopIdentity, "field plan", "agent X-Manager\nfield plan", 1))
	mia := w.Browser()
	mia.Visit("/?h-x-user-id=7&h-x-user-email=mia@example.com&h-x-user-firstname=Mia")
	mia.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "mia's"})
	eve := w.Browser()
	eve.Agent = "another"
	eve.Visit("/?h-x-user-id=8&h-x-user-email=eve@example.com&h-x-user-firstname=Eve&h-x-user-labels=new&h-x-user-plan=free")
	eve.Call("send", "ack", caddytest.Obj{"cid": "client-1", "text": "eve's"})
	eve.Call("tag", "ok", caddytest.Obj{"data": caddytest.Obj{"id": "7", "email": "mia@example.com", "firstname": "Mia", "labels": []string{"vip"},
		"assignedUser": "anna@example.com", "additionalTaggingData": caddytest.Obj{"plan": "gold"}}})
	if got := eve.History(""); got != "eve's" {
		t.Fatalf("eve sees %q", got)
	}
	_, desk := w.Desk()
	desk.Send(caddytest.Obj{"t": "inbox"})
	for _, c := range desk.Expect("inbox").Conversations {
		if c.Profile.ID != "8" {
			continue
		}
		if c.Profile.Email != "eve@example.com" || c.Profile.Firstname != "Eve" || c.Profile.Fields["plan"] != "free" ||
			strings.Join(c.Profile.Labels, " ") != "new" || c.Assignee != "" || c.Name != "Eve" {
			t.Errorf("verified became %+v", c)
		}
		if c.Claims.ID != "7" || c.Claims.Fields["plan"] != "gold" {
			t.Errorf("what she says is %+v", c.Claims)
		}
		return
	}
	t.Fatal("eve's conversation is not there")
}
