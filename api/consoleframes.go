package api

import (
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
)

// summaryFrame is a conversation as agents see it in the inbox and beside the
// messages.
type summaryFrame struct {
	ID          chat.ConversationID `json:"id"`
	Site        string              `json:"site"`
	Person      bool                `json:"person"`
	Name        string              `json:"name"`
	Profile     chat.Profile        `json:"profile"`
	Claims      chat.Profile        `json:"claims"`
	Note        string              `json:"note"`
	Status      chat.Status         `json:"status"`
	Assignee    string              `json:"assignee"`
	Created     int64               `json:"created"`
	Active      int64               `json:"active"`
	Last        chat.Seq            `json:"last"`
	LastFrom    chat.Side           `json:"lastFrom"`
	LastText    string              `json:"lastText"`
	Read        chat.Seq            `json:"read"`
	Unread      int                 `json:"unread"`
	VisitorRead chat.Seq            `json:"visitorRead"`
	Page        chat.Page           `json:"page"`
	Online      bool                `json:"online"`
	Rev         uint64              `json:"rev"`
}

// newSummary describes a conversation, with where its visitor is right now.
func newSummary(c chat.Conversation, hub *hub.Hub) summaryFrame {
	name := c.Profile.Name()
	if name == "" {
		name = "Visitor"
	}
	page, online := hub.Presence(c.ID)
	if page == (chat.Page{}) {
		page = c.Page
	}
	return summaryFrame{
		ID: c.ID, Site: c.Site, Person: c.Person != "", Name: name, Profile: c.Profile, Claims: c.Claims,
		Note: c.Note, Status: c.Status, Assignee: c.Assignee,
		Created: c.Created.UnixMilli(), Active: c.Active.UnixMilli(),
		Last: c.Last, LastFrom: c.LastSide, LastText: c.LastText,
		Read: c.AgentRead, Unread: c.AgentUnread, VisitorRead: c.VisitorRead,
		Page: page, Online: online, Rev: c.Rev,
	}
}

type agentFrame struct {
	Email  string `json:"email"`
	Name   string `json:"name"`
	Online bool   `json:"online"`
}

type meAgentFrame struct {
	T     string    `json:"t"`
	Email string    `json:"email"`
	Name  string    `json:"name"`
	Role  chat.Role `json:"role"`
}

func newMeAgent(a chat.AgentInfo) meAgentFrame {
	return meAgentFrame{"me", a.Email, a.DisplayName(), a.Role}
}

type deskHelloFrame struct {
	T      string       `json:"t"`
	Me     meAgentFrame `json:"me"`
	Agents []agentFrame `json:"agents"`
	Sites  []string     `json:"sites"`
	Unread int          `json:"unread"`
}

type agentsFrame struct {
	T      string       `json:"t"`
	Agents []agentFrame `json:"agents"`
}

type inboxFrame struct {
	T             string         `json:"t"`
	Conversations []summaryFrame `json:"conversations"`
	Next          string         `json:"next,omitempty"`
	Status        string         `json:"status"`
	Assignee      string         `json:"assignee,omitempty"`
	Label         string         `json:"label,omitempty"`
	Field         *fieldFilter   `json:"field,omitempty"`
	Site          string         `json:"site,omitempty"`
	Search        string         `json:"search,omitempty"`
	Cursor        string         `json:"cursor,omitempty"`
}

type conversationFrame struct {
	T string       `json:"t"`
	C summaryFrame `json:"c"`
}

type messagesFrame struct {
	T        string              `json:"t"`
	Conv     chat.ConversationID `json:"conv"`
	Messages []messageFrame      `json:"messages"`
	Earlier  bool                `json:"earlier"`
	After    chat.Seq            `json:"after,omitempty"`
	Before   chat.Seq            `json:"before,omitempty"`
}

type deskMessageFrame struct {
	T    string              `json:"t"`
	Conv chat.ConversationID `json:"conv"`
	M    messageFrame        `json:"m"`
}

// goneFrame tells of a conversation that was deleted.
type goneFrame struct {
	T    string              `json:"t"`
	Conv chat.ConversationID `json:"conv"`
}

type mergedFrame struct {
	T    string              `json:"t"`
	Conv chat.ConversationID `json:"conv"`
	Into chat.ConversationID `json:"into"`
}

// deskFrame is anything that the console says; which fields count depends on
// its kind.
type deskFrame struct {
	Conv   chat.ConversationID `json:"conv"`
	After  chat.Seq            `json:"after"`
	Before chat.Seq            `json:"before"`
	Seq    chat.Seq            `json:"seq"`
	CID    string              `json:"cid"`
	Text   string              `json:"text"`
	// Attachments are what was uploaded for the reply.
	Attachments []chat.AttachmentID `json:"attachments"`
	On          bool                `json:"on"`
	Status      string              `json:"status"`
	Assignee    string              `json:"assignee"`
	Label       string              `json:"label"`
	Field       *fieldFilter        `json:"field"`
	Site        string              `json:"site"`
	Search      string              `json:"search"`
	Agent       string              `json:"agent"`
	Cursor      string              `json:"cursor"`
}
