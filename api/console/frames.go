package console

import (
	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
)

// Me is the agent who is signed in.
type Me struct {
	T     string    `json:"t" enum:"me"`
	Email string    `json:"email"`
	Name  string    `json:"name"`
	Role  chat.Role `json:"role"`
}

func newMe(a chat.AgentInfo) Me { return Me{"me", a.Email, a.DisplayName(), a.Role} }

// Agent is an agent as the others see them.
type Agent struct {
	Email  string `json:"email"`
	Name   string `json:"name"`
	Online bool   `json:"online"`
	// The sites that both may see, whose conversations can be assigned to the agent.
	Sites []string `json:"sites"`
}

// Hello greets a console.
type Hello struct {
	T       string   `json:"t" enum:"hello"`
	Me      Me       `json:"me"`
	Agents  []Agent  `json:"agents"`
	Sites   []string `json:"sites"`
	Unread  int      `json:"unread"`
	Waiting int      `json:"waiting"`
	// Labels are what further fields are called, by site and field.
	Labels map[string]map[string]string `json:"labels,omitempty"`
}

// Counts tells how many open conversations ask for something.
type Counts struct {
	T       string `json:"t" enum:"counts"`
	Unread  int    `json:"unread"`
	Waiting int    `json:"waiting"`
}

// Agents tells who is there.
type Agents struct {
	T      string  `json:"t" enum:"agents"`
	Agents []Agent `json:"agents"`
}

// Inbox is a page of conversations, with the query that it answers.
type Inbox struct {
	T             string    `json:"t" enum:"inbox"`
	Conversations []Summary `json:"conversations"`
	Next          string    `json:"next,omitempty"`
	Hits          []Hit     `json:"hits,omitempty"`
	Reached       int64     `json:"reached,omitempty"` // milliseconds since 1970
	Query
}

// Hit is the message for which a search found a conversation.
type Hit struct {
	Conv chat.ConversationID `json:"conv"`
	Seq  chat.Seq            `json:"seq"`
	From chat.Side           `json:"from"`
	Text string              `json:"text"` // around what was found, on one line
}

// Weight implements transport.Weigher.
func (i Inbox) Weight() (n int) {
	for k := range i.Conversations {
		n += i.Conversations[k].weight()
	}
	for _, hit := range i.Hits {
		n += frame.BaseWeight + len(hit.Text)
	}
	return n
}

// Conversation is a conversation that is new or has changed.
type Conversation struct {
	T string  `json:"t" enum:"conversation"`
	C Summary `json:"c"`
}

// Weight implements transport.Weigher.
func (c Conversation) Weight() int { return c.C.weight() }

// Messages are messages of a conversation.
type Messages struct {
	T        string              `json:"t" enum:"messages"`
	Conv     chat.ConversationID `json:"conv"`
	Messages []Message           `json:"messages"`
	Earlier  bool                `json:"earlier"`
	Later    bool                `json:"later,omitempty"`
	After    chat.Seq            `json:"after,omitempty"`
	Before   chat.Seq            `json:"before,omitempty"`

	// opens means that the conversation is followed from here, behind last.
	opens bool
	last  chat.Seq
}

// Weight implements transport.Weigher.
func (m Messages) Weight() (n int) {
	for i := range m.Messages {
		n += m.Messages[i].weight()
	}
	return n
}

// NewMessage brings one message as it comes.
type NewMessage struct {
	T    string              `json:"t" enum:"message"`
	Conv chat.ConversationID `json:"conv"`
	M    Message             `json:"m"`
}

// Weight implements transport.Weigher.
func (m NewMessage) Weight() int { return m.M.weight() }

// Ack tells the agent that a reply is durable.
type Ack struct {
	frame.Ack
	Conv chat.ConversationID `json:"conv"`
}

// Typing tells that the visitor, or another agent, types, or has stopped.
type Typing struct {
	frame.Typing
	Conv  chat.ConversationID `json:"conv"`
	Agent string              `json:"agent,omitempty"` // e-mail address; of the visitor none
}

// Viewers tells which other agents have a conversation open.
type Viewers struct {
	T      string              `json:"t" enum:"viewers"`
	Conv   chat.ConversationID `json:"conv"`
	Agents []Viewer            `json:"agents"`
}

// Viewer is an agent who has a conversation open.
type Viewer struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// Assigned tells that the conversation was given to the agent, by somebody else.
type Assigned struct {
	T  string  `json:"t" enum:"assigned"`
	C  Summary `json:"c"`
	By string  `json:"by,omitempty"` // the name of the agent who did it; none where the site did
}

// Weight implements transport.Weigher.
func (a Assigned) Weight() int { return a.C.weight() }

// Gone tells of a conversation that was deleted.
type Gone struct {
	T    string              `json:"t" enum:"gone"`
	Conv chat.ConversationID `json:"conv"`
}

// Merged tells of a conversation that went into another.
type Merged struct {
	T    string              `json:"t" enum:"merged"`
	Conv chat.ConversationID `json:"conv"`
	Into chat.ConversationID `json:"into"`
}

// SignedOut tells that the session has ended.
type SignedOut struct {
	T string `json:"t" enum:"signed_out"`
}
