package console

import "github.com/parley-chat/parley/chat"

// LoginRequest asks for a session.
type LoginRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Query asks for conversations of the inbox. The answer repeats it.
type Query struct {
	Status   string       `json:"status" enum:"open,waiting,resolved,all"`
	Assignee string       `json:"assignee,omitempty"`
	Label    string       `json:"label,omitempty"`
	Field    *FieldFilter `json:"field,omitempty"`
	Site     string       `json:"site,omitempty"`
	Search   string       `json:"search,omitempty"`
	Cursor   string       `json:"cursor,omitempty"`
}

// FieldFilter picks conversations whose verified profile has a further field
// with exactly this value.
type FieldFilter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// OpenRequest asks to show and follow a conversation.
type OpenRequest struct {
	Conv  chat.ConversationID `json:"conv"`
	After chat.Seq            `json:"after,omitempty"`
}

// LeaveRequest ends following a conversation.
type LeaveRequest struct {
	Conv chat.ConversationID `json:"conv"`
}

// EarlierRequest asks for messages before one.
type EarlierRequest struct {
	Conv   chat.ConversationID `json:"conv"`
	Before chat.Seq            `json:"before"`
}

// LaterRequest asks for messages after one; zero for the first ones.
type LaterRequest struct {
	Conv  chat.ConversationID `json:"conv"`
	After chat.Seq            `json:"after"`
}

// ReplyRequest brings a message of the agent's.
type ReplyRequest struct {
	Conv chat.ConversationID `json:"conv"`
	CID  string              `json:"cid"`
	Text string              `json:"text"`
	// Seen is the last message that the agent has seen.
	Seen *chat.Seq `json:"seen,omitempty"`
	// Attachments are what was uploaded for the reply.
	Attachments []chat.AttachmentID `json:"attachments,omitempty"`
}

// TypingRequest says whether the agent types.
type TypingRequest struct {
	Conv chat.ConversationID `json:"conv"`
	On   bool                `json:"on"`
}

// ReadRequest says how far the agent has read.
type ReadRequest struct {
	Conv chat.ConversationID `json:"conv"`
	Seq  chat.Seq            `json:"seq"`
}

// UnreadRequest makes messages unread to the agent, from one on.
type UnreadRequest struct {
	Conv chat.ConversationID `json:"conv"`
	Seq  chat.Seq            `json:"seq"`
}

// StatusRequest resolves or reopens a conversation.
type StatusRequest struct {
	Conv   chat.ConversationID `json:"conv"`
	Status chat.Status         `json:"status"`
}

// AssignRequest gives a conversation to an agent, or to nobody.
type AssignRequest struct {
	Conv  chat.ConversationID `json:"conv"`
	Agent string              `json:"agent"`
}

// UploadHead is the first line of an upload.
type UploadHead struct {
	Conv chat.ConversationID `json:"conv"`
	Name string              `json:"name"`
}

// AttachmentRequest asks for a file.
type AttachmentRequest struct {
	Conv chat.ConversationID `json:"conv"`
	Seq  chat.Seq            `json:"seq"`
	ID   chat.AttachmentID   `json:"id"`
}
