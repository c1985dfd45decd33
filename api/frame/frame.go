package frame

import (
	"encoding/json"

	"github.com/parley-chat/parley/chat"
)

// Ack tells the sender that a message is durable.
type Ack struct {
	T    string   `json:"t" enum:"ack"`
	CID  string   `json:"cid"`
	Seq  chat.Seq `json:"seq"`
	Time int64    `json:"time"`
}

// NewAck acknowledges a message.
func NewAck(m chat.Message) Ack {
	return Ack{T: "ack", CID: m.ClientID, Seq: m.Seq, Time: m.Time.UnixMilli()}
}

// Typing tells that somebody types, or has stopped.
type Typing struct {
	T    string `json:"t" enum:"typing"`
	On   bool   `json:"on"`
	Name string `json:"name,omitempty"`
}

// Uploaded answers an upload.
type Uploaded struct {
	T string `json:"t" enum:"uploaded"`
	Attachment
}

// Ok says that something was done.
type Ok struct {
	T string `json:"t" enum:"ok"`
}

// NewOk returns the frame.
func NewOk() Ok { return Ok{"ok"} }

// Decode reads the fields of a request. The error is chat.ErrBadFrame.
func Decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return chat.ErrBadFrame
	}
	return nil
}
