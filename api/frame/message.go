package frame

import "github.com/parley-chat/parley/chat"

// Message is a message as both ends see it.
type Message struct {
	Seq         chat.Seq     `json:"seq"`
	Time        int64        `json:"time"` // milliseconds since 1970
	From        chat.Side    `json:"from"`
	Name        string       `json:"name"`
	Text        string       `json:"text"`
	CID         string       `json:"cid,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	// Picture names that of the agent who wrote it, where they have one now.
	Picture string `json:"picture,omitempty"`
}

// NewMessage describes a message to one side, which gets the client ids of its
// own messages only.
func NewMessage(m chat.Message, to chat.Side) Message {
	f := Message{Seq: m.Seq, Time: m.Time.UnixMilli(), From: m.Author.Side, Name: m.Author.Name, Text: m.Text,
		Attachments: newAttachments(m.Attachments)}
	if m.Author.Side == to {
		f.CID = m.ClientID
	}
	return f
}

// HasEarlier reports whether there are messages before the first of a list.
func HasEarlier(list []chat.Message) bool { return len(list) > 0 && list[0].Seq > 1 }

// Attachment is a file of a message.
type Attachment struct {
	ID   chat.AttachmentID `json:"id"`
	Name string            `json:"name"`
	Type string            `json:"type"`
	Size int64             `json:"size"` // bytes
}

// NewAttachment describes a file.
func NewAttachment(a chat.Attachment) Attachment { return Attachment{a.ID, a.Name, a.Type, a.Size} }

func newAttachments(list []chat.Attachment) []Attachment {
	frames := make([]Attachment, len(list))
	for i, a := range list {
		frames[i] = NewAttachment(a)
	}
	return frames
}
