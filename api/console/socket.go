package console

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
	"github.com/parley-chat/parley/chat/service"
)

// closeSignedOut is a close code of our own (RFC 6455, section 7.4.2).
const closeSignedOut = 4003

// maxFollows bounds the conversations that one console follows at a time.
const maxFollows = 64

// socket is the connection of one console.
type socket struct {
	*transport.Socket
	handler *Handler
	caller  limits.Caller
	desk    *service.Desk

	mu sync.Mutex
	// follows has at most maxFollows: one more is refused, and none is forgotten.
	follows map[chat.ConversationID]following

	counts chat.Counts // as the console knows them; Deliver's alone

	ended atomic.Bool // the agent is signed out, or may see other sites, which the console is yet to be told
}

// following is how far a followed conversation has been sent.
type following struct {
	last chat.Seq
	// shown is set once the answer to open was sent: only then do messages
	// that come have something to go on from.
	shown bool
}

// newSocket returns the peer of an agent's connection; desk is nil for nobody.
func newSocket(h *Handler, s *transport.Socket, c limits.Caller, desk *service.Desk) *socket {
	return &socket{Socket: s, handler: h, caller: c, desk: desk, follows: map[chat.ConversationID]following{}}
}

// Begin greets the console.
func (d *socket) Begin() {
	if d.desk == nil {
		d.Push(signedOutItem{})
		return
	}
	d.Push(helloItem{})
	d.desk.Join(d)
	// A configuration may have taken over since the agent was looked up.
	if !d.desk.Current() {
		d.OnEvent(chat.Event{Kind: chat.EventRestart})
	}
}

// Items of which Deliver makes the frame, as things are when it is sent.
type (
	signedOutItem struct{}
	helloItem     struct{}
	countsItem    struct{}
)

func (d *socket) hub() *hub.Hub { return d.handler.Service.Hub() }

// Frame does what the console asks for. An agent who is signed out or has other
// rights by now, and nobody, may nothing: the connection is about to end.
func (d *socket) Frame(name string, body []byte) {
	if d.desk == nil || d.ended.Load() {
		return
	}
	op, _ := operations.Lookup(name, operation.Socket)
	run, err := op.Bind(body)
	if err != nil {
		d.Fail(err, frame.SubjectOf(body))
		return
	}
	if err := d.handler.Limits.Take(op.Class, d.caller); err != nil {
		if op.Answer == operation.Always {
			d.Fail(err, frame.SubjectOf(body))
		}
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), transport.StoreTimeout)
	defer cancel()
	c := &Call{handler: d.handler, desk: d.desk, socket: d}
	var answer any
	if err = c.authorize(op.Who); err == nil {
		answer, err = run(ctx, c)
	}
	switch {
	case err != nil:
		d.handler.logFailure(name, err)
		d.Fail(err, frame.SubjectOf(body))
	case op.Answer == operation.Always:
		d.Push(answer)
	}
}

// Deliver writes one item.
func (d *socket) Deliver(item any) {
	switch item := item.(type) {
	case signedOutItem:
		d.Send(SignedOut{"signed_out"})
		d.CloseNow(closeSignedOut)
	case helloItem:
		d.hello()
	case countsItem:
		d.sendCounts()
	case Messages:
		d.Send(item)
		if item.opens {
			d.sent(item.Conv, item.last)
			d.catchUp(item.Conv, item.last) // what came since the answer was made
		}
	case chat.Event:
		d.onEvent(item)
	case transport.Heartbeat:
		d.heartbeat()
	default:
		d.Send(item)
	}
}

func (d *socket) heartbeat() {
	if d.desk != nil {
		ctx, done := d.Query()
		event := d.desk.Check(ctx)
		done()
		if event != 0 {
			d.onEvent(chat.Event{Kind: event})
			return
		}
	}
	d.Ping()
}

func (d *socket) hello() {
	ctx, done := d.Query()
	counts, err := d.desk.Counts(ctx)
	done()
	if err != nil {
		d.handler.logFailure("hello", err)
		d.Send(frame.NewFailure(err))
		d.CloseNow(transport.CloseRestart)
		return
	}
	d.counts = counts
	d.Send(Hello{"hello", newMe(d.desk.Agent), d.agents(), d.sites(), counts.Unread, counts.Waiting, d.labels()})
}

// labels returns what the further fields of the agent's sites are called.
func (d *socket) labels() map[string]map[string]string {
	if d.handler.FieldLabels == nil {
		return nil
	}
	all := map[string]map[string]string{}
	for _, site := range d.sites() {
		if labels := d.handler.FieldLabels(site); len(labels) > 0 {
			all[site] = labels
		}
	}
	return all
}

// sendCounts sends the numbers of the inbox if they have changed. Where the store
// can't say, the next change does.
func (d *socket) sendCounts() {
	ctx, done := d.Query()
	counts, err := d.desk.Counts(ctx)
	done()
	if err == nil && counts != d.counts {
		d.counts = counts
		d.Send(Counts{"counts", counts.Unread, counts.Waiting})
	}
}

func (d *socket) summary(c chat.Conversation) Summary {
	return newSummary(c, d.hub(), d.desk.Agent.Email)
}

// sites returns the names of the sites that the agent may see.
func (d *socket) sites() []string {
	if sites := d.desk.Agent.Sites; sites != nil {
		return sites
	}
	return d.handler.Sites()
}

func (d *socket) agents() []Agent {
	list, mine := []Agent{}, d.sites()
	for _, a := range d.desk.Agents() {
		shared := []string{}
		for _, site := range mine {
			if a.Sees(site) {
				shared = append(shared, site)
			}
		}
		list = append(list, Agent{a.Email, a.DisplayName(), d.hub().AgentOnline(a.Email), shared})
	}
	return list
}

func (d *socket) onEvent(e chat.Event) {
	switch e.Kind {
	case chat.EventMessage:
		d.message(e)
	case chat.EventState:
		d.Send(Conversation{"conversation", d.summary(*e.Conversation)})
	case chat.EventTyping:
		d.Send(Typing{frame.Typing{T: "typing", On: e.On, Name: e.Name}, e.Conversation.ID, e.Agent})
	case chat.EventViewers:
		d.viewers(e.Conversation.ID)
	case chat.EventAssigned:
		d.Send(Assigned{"assigned", d.summary(*e.Conversation), e.Name})
	case chat.EventPresence:
		d.presence(e.Conversation.ID)
	case chat.EventMerged:
		d.Send(Merged{"merged", e.From, e.Conversation.ID})
	case chat.EventAgents:
		d.Send(Agents{"agents", d.agents()})
	case chat.EventAgain:
		d.greetAnew()
	case chat.EventSignedOut:
		d.Deliver(signedOutItem{})
	case chat.EventRestart:
		d.CloseNow(transport.CloseRestart)
	}
}

// OnEvent queues an event. Where a visitor comes and goes several times before one
// such event is delivered, the one suffices: presence reads how it is by then. So
// does one that tells of who has the conversation open, one greeting anew, and one
// that tells of the agents. Behind what may have changed the numbers of the inbox
// they follow, once.
func (d *socket) OnEvent(e chat.Event) {
	once := e.Kind == chat.EventAgain || e.Kind == chat.EventAgents
	ofOne := e.Kind == chat.EventPresence || e.Kind == chat.EventViewers
	if (once || ofOne) && d.Queued(func(item any) bool {
		other, ok := item.(chat.Event)
		return ok && other.Kind == e.Kind && (once || other.Conversation.ID == e.Conversation.ID)
	}) {
		return
	}
	if e.Kind == chat.EventSignedOut || e.Kind == chat.EventRestart {
		d.ended.Store(true)
	}
	d.Push(e)
	switch e.Kind {
	case chat.EventMessage, chat.EventState, chat.EventMerged, chat.EventPresence:
		if !d.Queued(func(item any) bool { return item == countsItem{} }) {
			d.Push(countsItem{})
		}
	}
}

// viewers sends which other agents have a conversation open.
func (d *socket) viewers(id chat.ConversationID) {
	d.mu.Lock()
	_, follows := d.follows[id]
	d.mu.Unlock()
	if !follows {
		return
	}
	agents := []Viewer{}
	for _, a := range d.hub().Viewers(id, d.desk.Agent.Email) {
		agents = append(agents, Viewer{a.Email, a.DisplayName()})
	}
	d.Send(Viewers{"viewers", id, agents})
}

// greetAnew greets a console once more, for which so much has changed that it should
// ask for all again. What it follows is looked at here: it may be no more.
func (d *socket) greetAnew() {
	d.mu.Lock()
	ids := slices.Collect(maps.Keys(d.follows))
	d.mu.Unlock()
	for _, id := range ids {
		d.presence(id)
	}
	d.hello()
}

// presence sends how a conversation is whose visitor came or went, or that it
// was deleted.
func (d *socket) presence(id chat.ConversationID) {
	ctx, done := d.Query()
	c, err := d.desk.Conversation(ctx, id)
	done()
	switch {
	case errors.Is(err, chat.ErrNotFound):
		d.leave(id)
		d.Send(Gone{"gone", id})
	case err == nil && c.Last > 0:
		d.Send(Conversation{"conversation", d.summary(c)})
	}
}

// leave no longer follows a conversation.
func (d *socket) leave(id chat.ConversationID) {
	d.mu.Lock()
	delete(d.follows, id)
	d.mu.Unlock()
	d.hub().Unfollow(d, id)
}

// message passes a message of a followed conversation on, and what was missed
// before it.
func (d *socket) message(e chat.Event) {
	id := e.Conversation.ID
	d.mu.Lock()
	f := d.follows[id]
	last := f.last
	d.mu.Unlock()
	switch {
	case !f.shown || e.Message.Seq <= last:
	case e.Message.Seq == last+1:
		d.Send(NewMessage{"message", id, newMessage(*e.Message)})
		d.sent(id, e.Message.Seq)
	default:
		d.catchUp(id, last)
	}
}

func (d *socket) catchUp(id chat.ConversationID, last chat.Seq) {
	for {
		ctx, done := d.Query()
		list, err := d.missed(ctx, id, last)
		done()
		if errors.Is(err, chat.ErrNotFound) {
			return // it was deleted meanwhile, which an event tells
		}
		if err != nil {
			if !errors.Is(err, chat.ErrUnavailable) {
				d.handler.Log.Error("reading messages for a connection", "error", err)
			}
			d.CloseNow(transport.CloseTooSlow) // it comes back and asks for the same again
			return
		}
		for _, m := range list {
			d.Send(NewMessage{"message", id, newMessage(m)})
			last = m.Seq
		}
		d.sent(id, last)
		if len(list) == 0 {
			return
		}
	}
}

// missed reads some of the messages of a conversation behind a number. One that was
// merged meanwhile has none: an event tells that.
func (d *socket) missed(ctx context.Context, id chat.ConversationID, last chat.Seq) ([]chat.Message, error) {
	t, _, err := d.desk.Thread(ctx, id)
	if err != nil || t.ID() != id {
		return nil, err
	}
	return t.After(ctx, last)
}

func (d *socket) sent(id chat.ConversationID, last chat.Seq) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if before, ok := d.follows[id]; ok {
		d.follows[id] = following{max(last, before.last), true}
	}
}

func (d *socket) Closed() {
	d.mu.Lock()
	ids := slices.Collect(maps.Keys(d.follows))
	d.mu.Unlock()
	if d.desk != nil {
		d.desk.Leave(d, ids)
	}
}
