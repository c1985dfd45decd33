package api

import (
	"encoding/json"

	"github.com/parley-chat/parley/chat"
)

// messageFrame is a message as both ends see it.
type messageFrame struct {
	Seq         chat.Seq          `json:"seq"`
	Time        int64             `json:"time"` // milliseconds since 1970
	From        chat.Side         `json:"from"`
	Name        string            `json:"name"`
	Text        string            `json:"text"`
	CID         string            `json:"cid,omitempty"`
	Attachments []attachmentFrame `json:"attachments,omitempty"`
}

// newMessageFrame describes a message to one side, which gets the client ids
// of its own messages only.
func newMessageFrame(m chat.Message, to chat.Side) messageFrame {
	f := messageFrame{Seq: m.Seq, Time: m.Time.UnixMilli(), From: m.Author.Side, Name: m.Author.Name, Text: m.Text,
		Attachments: newAttachmentFrames(m.Attachments)}
	if m.Author.Side == to {
		f.CID = m.ClientID
	}
	return f
}

func newMessageFrames(list []chat.Message, to chat.Side) []messageFrame {
	frames := make([]messageFrame, len(list))
	for i, m := range list {
		frames[i] = newMessageFrame(m, to)
	}
	return frames
}

// earlier reports whether there are messages before the first of a list.
func earlier(list []chat.Message) bool { return len(list) > 0 && list[0].Seq > 1 }

// ackFrame tells the sender that a message is durable.
type ackFrame struct {
	T    string   `json:"t"`
	Conv string   `json:"conv,omitempty"`
	CID  string   `json:"cid"`
	Seq  chat.Seq `json:"seq"`
	Time int64    `json:"time"`
}

type typingFrame struct {
	T    string `json:"t"`
	Conv string `json:"conv,omitempty"`
	On   bool   `json:"on"`
	Name string `json:"name,omitempty"`
}

// bareFrame has a kind and nothing else.
type bareFrame struct {
	T string `json:"t"`
}

// decode reads a frame's fields.
func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return chat.ErrBadFrame
	}
	return nil
}
