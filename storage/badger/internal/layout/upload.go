package layout

import (
	"time"

	"github.com/parley-chat/parley/chat"
)

// ChunkSize is how many bytes of a file are one record. It bounds the memory
// of each upload and download, and how long other writes wait for one.
const ChunkSize = 128 << 10

// UploadRecord is an upload that no message has yet. Once one has, the message
// describes it, and this record is gone: that is what makes it sent once.
type UploadRecord struct {
	// Attachment is what it becomes. Its size is zero until it is complete.
	chat.Attachment
	Conversation chat.ConversationID `json:"conversation"`
	Side         chat.Side           `json:"side"`
	Created      time.Time           `json:"created"`
}
