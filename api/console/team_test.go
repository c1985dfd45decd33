package console_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/api/apitest"
	"github.com/parley-chat/parley/api/console"
	"github.com/parley-chat/parley/chat"
)

// team is a directory of several agents of one password.
type team []chat.AgentInfo

func (t team) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	for _, a := range t {
		if a.Email == email {
			return a, chat.HashOf("secret"), true
		}
	}
	return chat.AgentInfo{}, chat.Hash{}, false
}

func (t team) Verify(email, password string) bool {
	_, _, ok := t.Agent(email)
	return ok && password == "secret"
}

// DeviceKey implements chat.Agents.
func (t team) DeviceKey(email string) chat.Hash { return chat.HashOf("devices of " + email) }

func (t team) List() []chat.AgentInfo { return t }

var (
	ben  = chat.AgentInfo{Email: "ben@example.com", Name: "Ben Holm"}
	cleo = chat.AgentInfo{Email: "cleo@example.com", Name: "Cleo Hatch", Sites: []string{"elsewhere"}}
)

// newTeam is a world with several agents, and one visitor, who has written.
func newTeam(t *testing.T) *apitest.World {
	w := apitest.New(t)
	w.Console.Agents = team{apitest.Anna, ben, cleo}
	w.Site.Agents = w.Console.Agents
	w.Save(chat.Profile{ID: "1", Firstname: "Mia"})
	return w
}

// desk is an agent's connection, and how the server greeted it.
type desk struct {
	*apitest.Wire
	hello console.Hello
}

func deskOf(w *apitest.World, agent chat.AgentInfo) desk {
	w.T.Helper()
	b := w.Browser("203.0.113.77")
	if f, err := b.Ask("/desk/api/login", apitest.Obj{"email": agent.Email, "password": "secret"}); err != nil || f.T != "me" {
		w.T.Fatalf("%+v, %v", f, err)
	}
	s, _, err := b.Dial("/desk/socket")
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { s.Close() })
	return desk{s, next[console.Hello](s, "hello", func(console.Hello) bool { return true })}
}

func (d desk) open() {
	d.T.Helper()
	d.Say(apitest.Obj{"t": "open", "conv": "c1"})
	d.Expect("messages")
}

// next reads until a frame comes that is meant.
func next[T any](s *apitest.Wire, kind string, meant func(T) bool) T {
	s.T.Helper()
	for {
		body, err := s.ReadRaw()
		if err != nil {
			s.T.Fatalf("waiting for %s: %v", kind, err)
		}
		var head apitest.Said
		var f T
		if json.Unmarshal(body, &head) == nil && head.T == kind && json.Unmarshal(body, &f) == nil && meant(f) {
			return f
		}
	}
}

// What one agent has seen stays unread to the others; what waits, waits for all of
// them.
func TestUnreadIsEachAgentsOwn(t *testing.T) {
	w := newTeam(t)
	anna, ben := deskOf(w, apitest.Anna), deskOf(w, ben)
	for _, d := range []desk{anna, ben, deskOf(w, cleo)} {
		want := 1
		if d.hello.Me.Email == cleo.Email {
			want = 0
		}
		if d.hello.Unread != want || d.hello.Waiting != want {
			t.Fatalf("greeted %+v", d.hello)
		}
	}
	anna.open()
	anna.Say(apitest.Obj{"t": "read", "conv": "c1", "seq": 1})
	next(anna.Wire, "counts", func(c console.Counts) bool { return c.Unread == 0 && c.Waiting == 1 })
	if c := next(ben.Wire, "conversation", func(c console.Conversation) bool { return c.C.Rev > 1 }); c.C.Unread != 1 || c.C.Read != 0 || c.C.Waiting == 0 {
		t.Errorf("after Anna's look Ben is told %+v", c.C)
	}
	anna.Say(apitest.Obj{"t": "unread", "conv": "c1", "seq": 1})
	next(anna.Wire, "counts", func(c console.Counts) bool { return c.Unread == 1 })
	ben.Say(apitest.Obj{"t": "reply", "conv": "c1", "cid": "client-2", "text": "Hello Mia."})
	next(ben.Wire, "counts", func(c console.Counts) bool { return c == console.Counts{T: "counts"} })
	// What Anna has marked is unread until she looks, whoever answers.
	next(anna.Wire, "counts", func(c console.Counts) bool { return c.Unread == 1 && c.Waiting == 0 })
	if got := anna.List(apitest.Obj{"status": "waiting"}); len(got.Conversations) > 0 {
		t.Errorf("answered, and waits: %v", got.Conversations)
	}
	anna.Say(apitest.Obj{"t": "read", "conv": "c1", "seq": 2})
	next(anna.Wire, "counts", func(c console.Counts) bool { return c.Unread == 0 })
}

// Who waits longest comes first among those that wait, whoever wrote last.
func TestInboxOfThoseWhoWait(t *testing.T) {
	w := newTeam(t)
	w.Save(chat.Profile{ID: "2", Firstname: "Jonas"})
	w.Browser("203.0.113.1").Start("third")
	d := deskOf(w, apitest.Anna)
	if got := fmt.Sprint(d.List(apitest.Obj{"status": "waiting"}).Conversations); got != "[{Mia} {Jonas} {Visitor}]" {
		t.Errorf("those who wait: %s", got)
	}
}

// What agents do is told to agents, and to the one whom it concerns in particular;
// visitors learn nothing of it, and their numbers have no gap.
func TestActivitiesAreForAgents(t *testing.T) {
	w := newTeam(t)
	mia := w.Browser("203.0.113.9")
	mia.SignIn("1")
	v, hello := mia.Hello("", 0)
	if hello.Who != "person" {
		t.Fatalf("%+v", hello)
	}
	anna, ben := deskOf(w, apitest.Anna), deskOf(w, ben)
	anna.open()
	anna.Say(apitest.Obj{"t": "assign", "conv": "c1", "agent": "ben@example.com"})
	if f := next(ben.Wire, "assigned", func(console.Assigned) bool { return true }); f.By != "Anna Berg" || f.C.ID != "c1" || f.C.Unread != 1 {
		t.Errorf("Ben is told %+v", f)
	}
	anna.Say(apitest.Obj{"t": "status", "conv": "c1", "status": "resolved"})
	state := next(anna.Wire, "conversation", func(c console.Conversation) bool { return c.C.Status == chat.Resolved })
	if got := did(state.C.Activities); got != "assigned by anna@example.com (Anna Berg) to ben@example.com, resolved by anna@example.com (Anna Berg)" {
		t.Errorf("the trace: %s", got)
	}
	v.Say(apitest.Obj{"t": "send", "cid": "client-9", "text": "One more thing."})
	m := next(anna.Wire, "message", func(m console.NewMessage) bool { return m.M.Seq == 2 })
	if got := did(m.M.Before); !strings.HasSuffix(got, ", reopened by visitor") || strings.Count(got, ",") != 2 {
		t.Errorf("before the message: %s", got)
	}
	ben.Say(apitest.Obj{"t": "assign", "conv": "c1", "agent": "ben@example.com"})
	ben.Say(apitest.Obj{"t": "assign", "conv": "c1", "agent": ""})
	ben.Say(apitest.Obj{"t": "assign", "conv": "c1", "agent": "ben@example.com"})
	ben.Say(apitest.Obj{"t": "reply", "conv": "c1", "cid": "client-1", "text": "Yes?"})
	for {
		body, err := ben.ReadRaw()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), `"t":"assigned"`) {
			t.Errorf("Ben is told of what he did himself: %s", body)
		}
		if strings.Contains(string(body), `"t":"ack"`) {
			break
		}
	}
	for {
		body, err := v.ReadRaw()
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"example.com", "assigned", "before", "activities", "viewers", "waiting"} {
			if strings.Contains(string(body), secret) {
				t.Errorf("the visitor is told of %s: %s", secret, body)
			}
		}
		if strings.Contains(string(body), `"Yes?"`) {
			if !strings.Contains(string(body), `"seq":3`) {
				t.Errorf("after the first two messages comes %s", body)
			}
			break
		}
	}
}

func did(list []console.Activity) string {
	var all []string
	for _, a := range list {
		text := string(a.Kind) + " by " + string(a.From)
		if a.From == chat.Agent {
			text = string(a.Kind) + " by " + a.Agent + " (" + a.Name + ")"
		}
		if a.To != "" {
			text += " to " + a.To
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// Agents see who else has a conversation open and who types there, as long as
// those are connected; an answer that another one has overtaken is held back once.
func TestAgentsKnowOfEachOther(t *testing.T) {
	w := newTeam(t)
	anna, benDesk := deskOf(w, apitest.Anna), deskOf(w, ben)
	anna.open()
	again := deskOf(w, apitest.Anna) // in another window
	again.open()
	benDesk.Say(apitest.Obj{"t": "open", "conv": "c1"})
	if f := next(benDesk.Wire, "viewers", func(console.Viewers) bool { return true }); len(f.Agents) != 1 || f.Agents[0] != (console.Viewer{Email: apitest.Anna.Email, Name: "Anna Berg"}) {
		t.Errorf("Ben sees %+v", f)
	}
	next(anna.Wire, "viewers", func(f console.Viewers) bool { return len(f.Agents) == 1 && f.Agents[0].Email == ben.Email })
	benDesk.Say(apitest.Obj{"t": "typing", "conv": "c1", "on": true})
	if f := next(anna.Wire, "typing", func(console.Typing) bool { return true }); f.Agent != ben.Email || f.Name != "Ben Holm" || !f.On {
		t.Errorf("Anna hears %+v", f)
	}
	benDesk.Say(apitest.Obj{"t": "reply", "conv": "c1", "cid": "client-1", "text": "I have it.", "seen": 1})
	benDesk.Expect("ack")
	anna.Say(apitest.Obj{"t": "reply", "conv": "c1", "cid": "client-2", "text": "I have it too.", "seen": 1})
	if f := anna.Expect("error"); f.Code != "answered" || f.CID != "client-2" {
		t.Errorf("an answer over Ben's: %+v", f)
	}
	anna.Say(apitest.Obj{"t": "reply", "conv": "c1", "cid": "client-2", "text": "I have it too."})
	anna.Expect("ack")
	anna.Say(apitest.Obj{"t": "reply", "conv": "c1", "cid": "client-3", "text": "And more.", "seen": 1}) // her own is no surprise
	anna.Expect("ack")
	if got := w.Texts("c1"); got != "hello|I have it.|I have it too.|And more." {
		t.Errorf("messages: %s", got)
	}
	benDesk.Close()
	next(anna.Wire, "viewers", func(f console.Viewers) bool { return len(f.Agents) == 0 })
}
