package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/parley-chat/parley/api"
	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/chat"
)

// paths are where the audiences' API is in an apitest.World.
var paths = map[string]string{"Visitor": "/_chat", "Console": "/desk"}

// kinds are all whom the table of operations tells apart.
var kinds = []string{"nobody", "stranger", "visitor without the tab secret", "visitor", "agent", "admin"}

// refusal is the code that a kind of caller must get, or empty where they may.
func refusal(audience, kind string, who operation.Who) string {
	switch who {
	case operation.Anybody:
		return ""
	case operation.Visitor, operation.VisitorOrToken:
		if audience == "Visitor" && kind == "visitor" {
			return ""
		}
		return "no_session"
	case operation.Agent, operation.Admin:
		switch {
		case audience != "Console" || kind != "agent" && kind != "admin":
			return "signed_out"
		case who == operation.Admin && kind != "admin":
			return "forbidden"
		}
		return ""
	}
	panic("no such Who")
}

// refusals are the codes of who may not do something.
var refusals = map[string]bool{"no_session": true, "signed_out": true, "forbidden": true, "unknown_frame": true, "not_found": true}

// lena is an agent beside Anna, who is an admin.
var lena = chat.AgentInfo{Email: "lena@example.com", Name: "Lena Kurz", Role: chat.RoleAgent}

type annaAndLena struct{ apitest.OnlyAnna }

func (annaAndLena) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	if email == lena.Email {
		return lena, chat.HashOf("another secret"), true
	}
	return apitest.OnlyAnna{}.Agent(email)
}

func (annaAndLena) Verify(email, password string) bool {
	return email == lena.Email && password == "another secret" || apitest.OnlyAnna{}.Verify(email, password)
}

// caller is one of a kind, with what they know.
type caller struct {
	*apitest.Browser
	kind   string
	fields apitest.Obj // of each request
}

func newCaller(w *apitest.World, kind string) caller {
	c := caller{w.Browser("203.0.113.1"), kind, apitest.Obj{}}
	signIn := func(email, password string) {
		if f, err := c.Ask("/desk/api/login", apitest.Obj{"email": email, "password": password}); err != nil || f.T != "me" {
			w.T.Fatalf("%+v %v", f, err)
		}
	}
	switch kind {
	case "stranger":
		c.Keep(chat.NewSecret())
		c.fields["mark"] = chat.NewSecret()
	case "visitor", "visitor without the tab secret":
		secret := c.Start("hello")
		if kind == "visitor" {
			c.fields["mark"] = secret
		}
	case "agent":
		signIn(lena.Email, "another secret")
	case "admin":
		signIn(apitest.Anna.Email, "secret")
	}
	return c
}

// samples are requests that would be done for who may.
func samples(conv chat.ConversationID) map[string]apitest.Obj {
	return map[string]apitest.Obj{
		"Visitor hello": {}, "Visitor start": {}, "Visitor here": {}, "Visitor reset": {},
		"Visitor send":    {"cid": "client-1", "text": "more"},
		"Visitor earlier": {"before": 2}, "Visitor read": {"seq": 1}, "Visitor typing": {"on": true},
		"Visitor page":   {"url": "https://shop.example/b", "title": "B"},
		"Visitor tag":    {"data": apitest.Obj{"firstname": "Mia"}},
		"Visitor rate":   {"score": 4},
		"Visitor upload": {"name": "x.txt"}, "Visitor attachment": {"seq": 1, "id": "none"},
		"Visitor transcript": {},
		"Console login":      {"email": apitest.Anna.Email, "password": "secret"}, "Console me": {}, "Console logout": {},
		"Console inbox": {"status": "all"}, "Console open": {"conv": conv}, "Console leave": {"conv": conv},
		"Console earlier": {"conv": conv, "before": 2}, "Console later": {"conv": conv, "after": 0}, "Console reply": {"conv": conv, "cid": "agent-01", "text": "hi"},
		"Console typing": {"conv": conv, "on": true}, "Console read": {"conv": conv, "seq": 1}, "Console unread": {"conv": conv, "seq": 1},
		"Console status": {"conv": conv, "status": "open"}, "Console assign": {"conv": conv, "agent": ""},
		"Console upload": {"conv": conv, "name": "x.txt"}, "Console attachment": {"conv": conv, "seq": 1, "id": "none"},
	}
}

// Each operation is done for those who may, and refused with the right code to
// all others, by each way that there is to ask for it.
func TestEachOperationIsForThoseWhoMay(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Enable(false)
	w.Console.Agents = annaAndLena{}
	w.Browser("203.0.113.1").Start("the first")
	sample := samples(w.Inbox()[0].ID)
	for _, a := range api.Audiences() {
		known := newFrames(a)
		for _, o := range a.Operations {
			request, ok := sample[a.Name+" "+o.Name]
			if !ok {
				t.Errorf("%s %s: give a request that would be done", a.Name, o.Name)
			}
			for _, kind := range kinds {
				t.Run(a.Name+"/"+o.Name+"/"+kind, func(t *testing.T) {
					want := refusal(a.Name, kind, o.Who)
					if o.Over&operation.HTTP != 0 {
						overHTTP(t, known, newCaller(w, kind), o, request, want)
					}
					if o.Over&operation.Socket != 0 && a.Name == "Visitor" {
						onVisitorSocket(t, known, newCaller(w, kind), o, request, want)
					}
					if o.Over&operation.Socket != 0 && a.Name == "Console" {
						onConsoleSocket(t, known, newCaller(w, kind), o, request, want)
					}
				})
			}
		}
	}
}

// What the README says an agent may be makes a difference: as long as nothing is for
// admins alone, it names no role.
func TestRolesAreNamedWhereTheyMakeADifference(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makes := false
	for _, a := range api.Audiences() {
		for _, o := range a.Operations {
			makes = makes || o.Who == operation.Admin
		}
	}
	if names := strings.Contains(string(readme), "agent|admin"); names != makes {
		t.Errorf("the README names the role: %v; an operation is for admins: %v", names, makes)
	}
}

// check fails unless an answer is the one that is wanted: a refusal, or else
// the response of the operation.
func check(t *testing.T, how string, o operation.Described, answer apitest.Said, want string) {
	t.Helper()
	switch {
	case want != "":
		if answer.T != "error" || answer.Code != want {
			t.Errorf("%s: %+v, want the error %s", how, answer, want)
		}
	case o.Stream && answer.T == "" && answer.HTTP == http.StatusOK: // a file
	case answer.T != "error":
		if o.Response == nil || answer.T != tagOf(o.Response) {
			t.Errorf("%s: the answer is %+v", how, answer)
		}
	case answer.Code == "not_resolved": // which was looked at
	case o.Stream && answer.Code == "not_found": // there is no such file, which was looked for
	case refusals[answer.Code]:
		t.Errorf("%s: refused with %s", how, answer.Code)
	default:
		t.Errorf("%s: %+v", how, answer)
	}
}

func overHTTP(t *testing.T, known frames, c caller, o operation.Described, request apitest.Obj, want string) {
	t.Helper()
	fields := apitest.Obj{}
	maps.Copy(fields, c.fields)
	maps.Copy(fields, request)
	body, contentType := encode(t, fields), "application/json"
	if o.Name == "upload" {
		body, contentType = append(body, "\na file"...), apitest.Binary
	}
	answer, err := c.Request(paths[known.audience]+"/api/"+o.Name, contentType, bytes.NewReader(body), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !o.Stream {
		known.check(t, answer.Body)
	}
	check(t, "over HTTP", o, answer.Said, want)
}

func onVisitorSocket(t *testing.T, known frames, c caller, o operation.Described, request apitest.Obj, want string) {
	t.Helper()
	if !o.First { // nobody may before hello
		s, closed := dial(t, c, "/_chat/socket")
		say(s, o, request)
		if frames := known.readAll(t, s, ""); len(frames) > 0 || closed() != 4001 {
			t.Errorf("before hello: %+v, closed with %d", frames, closed())
		}
	}
	s, closed := dial(t, c, "/_chat/socket")
	s.Say(apitest.Obj{"t": "hello", "mark": c.fields["mark"]})
	if c.kind != "visitor" { // there is no more to a socket that is nobody's
		frames := known.readAll(t, s, "")
		if len(frames) != 1 || frames[0].Who != "none" || closed() != 4002 {
			t.Errorf("hello of a %s: %+v, closed with %d", c.kind, frames, closed())
		}
		return
	}
	if o.First {
		check(t, "on a socket", o, known.read(t, s), want)
		return
	}
	known.read(t, s) // hello
	say(s, o, request)
	if o.Name != "here" {
		s.Say(apitest.Obj{"t": "here"})
	}
	answered(t, o, known.readAll(t, s, "ok"), want)
}

func onConsoleSocket(t *testing.T, known frames, c caller, o operation.Described, request apitest.Obj, want string) {
	t.Helper()
	s, closed := dial(t, c, "/desk/socket")
	say(s, o, request)
	if want == "signed_out" {
		frames := known.readAll(t, s, "")
		if len(frames) != 1 || frames[0].T != "signed_out" || closed() != 4003 {
			t.Errorf("on a socket: %+v, closed with %d", frames, closed())
		}
		return
	}
	s.Say(apitest.Obj{"t": "the_end", "cid": "the_end"})
	answered(t, o, known.readAll(t, s, "error the_end"), want)
}

// answered fails unless one of the frames is the answer that an operation
// should have, or none where it has none.
func answered(t *testing.T, o operation.Described, frames []apitest.Said, want string) {
	t.Helper()
	for _, f := range frames {
		if f.T == "error" && f.CID != "the_end" || o.Answer == operation.Always && o.Response != nil && f.T == tagOf(o.Response) {
			check(t, "on a socket", o, f, want)
			return
		}
	}
	if o.Answer == operation.Always || want != "" {
		t.Errorf("on a socket: no answer, but %+v", frames)
	}
}

func say(s *apitest.Wire, o operation.Described, request apitest.Obj) {
	frame := apitest.Obj{"t": o.Name}
	maps.Copy(frame, request)
	_ = s.WriteJSON(frame) // the connection may have been closed
}

// dial opens a socket, and returns how to ask with which code it was closed.
func dial(t *testing.T, c caller, path string) (s *apitest.Wire, closed func() int) {
	t.Helper()
	s, _, err := c.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.T = t
	return s, func() int {
		_, err := s.ReadRaw()
		var e *websocket.CloseError
		if !errors.As(err, &e) {
			return 0
		}
		return e.Code
	}
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// What is in no table is not served, and nothing in another way than its row
// says.
func TestNothingIsServedBesides(t *testing.T) {
	w := apitest.New(t)
	w.Limits.Enable(false)
	names := []string{"shout", "erase", "Hello", "hello/", "socket"}
	routes := []string{"/api", "/api/", "/widget.js/", "/index.html", "/metrics"}
	for _, a := range api.Audiences() {
		for _, o := range a.Operations {
			names = append(names, o.Name)
		}
		for _, r := range a.Resources {
			routes = append(routes, r.Path)
		}
	}
	for _, a := range api.Audiences() {
		c := newCaller(w, "visitor")
		if a.Name == "Console" {
			c = newCaller(w, "admin")
		}
		over := map[string]operation.Over{}
		for _, o := range a.Operations {
			over[o.Name] = o.Over
		}
		for _, name := range names {
			if over[name]&operation.HTTP == 0 {
				if f, err := c.Ask(paths[a.Name]+"/api/"+name, c.fields); err != nil || f.Code != "unknown_frame" {
					t.Errorf("%s: %q over HTTP: %+v %v", a.Name, name, f, err)
				}
			}
			if over[name]&operation.Socket == 0 {
				unknownOnSocket(t, a.Name, c, name)
			}
		}
		for _, path := range routes {
			if slices.ContainsFunc(a.Resources, func(r operation.ResourceInfo) bool { return r.Path == path }) {
				continue
			}
			if f, err := c.Ask(paths[a.Name]+path, c.fields); err != nil || f.Code != "not_found" {
				t.Errorf("%s%s: %+v %v", a.Name, path, f, err)
			}
		}
	}
}

func unknownOnSocket(t *testing.T, audience string, c caller, name string) {
	t.Helper()
	s, _ := dial(t, c, paths[audience]+"/socket")
	if audience == "Visitor" {
		s.Say(apitest.Obj{"t": "hello", "mark": c.fields["mark"]})
	}
	s.Expect("hello")
	s.Say(apitest.Obj{"t": name, "cid": "asked"})
	if f := s.Expect("error"); f.Code != "unknown_frame" || f.CID != "asked" {
		t.Errorf("%s: %q on a socket: %+v", audience, name, f)
	}
}

// end reports whether a frame is the one that is waited for: a t, and a cid
// behind it.
func end(f apitest.Said, until string) bool {
	name, cid, _ := strings.Cut(until, " ")
	return until != "" && f.T == name && (cid == "" || f.CID == cid)
}
