package inbox

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// Cursor is where a page begins: behind a place, or within the conversation
// there, before one of its messages.
type Cursor struct {
	After  *Place   // nil for the very beginning
	Before chat.Seq // zero where that conversation is done with
}

// String is the cursor as a text: the time of the place in 8 bytes, then its id,
// in base64; and where it is within a conversation, a dot and the number of the
// message. It is empty for the very beginning.
func (p Cursor) String() string {
	if p.After == nil {
		return ""
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(p.After.active))
	cursor := base64.RawURLEncoding.EncodeToString(append(b, p.After.ID...))
	if p.Before > 0 {
		cursor += "." + strconv.FormatUint(uint64(p.Before), 10)
	}
	return cursor
}

// ParseCursor reads what String has written. chat.ErrBadFrame if it is not that.
func ParseCursor(cursor string) (Cursor, error) {
	if cursor == "" {
		return Cursor{}, nil
	}
	name, number, within := strings.Cut(cursor, ".")
	b, err := base64.RawURLEncoding.Strict().DecodeString(name)
	var before uint64
	if within && err == nil {
		before, err = strconv.ParseUint(number, 10, 64)
	}
	if err != nil || len(b) <= 8 {
		return Cursor{}, fmt.Errorf("reading the cursor of an inbox: %w", chat.ErrBadFrame)
	}
	return Cursor{&Place{active: int64(binary.BigEndian.Uint64(b)), ID: chat.ConversationID(b[8:])}, chat.Seq(before)}, nil
}
