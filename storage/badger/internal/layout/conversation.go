package layout

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// EncodeJSON encodes a record.
func EncodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	return encodeJSON(&buf, v)
}

// encodeJSON appends a value to what a buffer has.
func encodeJSON(buf *bytes.Buffer, v any) ([]byte, error) {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false) // no page ever sees it; escapes would grow it up to sixfold
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding a record: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// DecodeJSON decodes a record. chat.ErrUnavailable if it can't.
func DecodeJSON[T any](value []byte) (T, error) {
	var v T
	if err := json.Unmarshal(value, &v); err != nil {
		return v, unavailable.When("decoding a record", err)
	}
	return v, nil
}

// A conversation's record is the number of its last message in 8 bytes, which
// is all that reading messages needs of it, and then the whole as JSON.
const lastLen = 8

// conversationSize is the room that most records of conversations need, in bytes.
const conversationSize = 1 << 10

// EncodeConversation encodes the record of a conversation.
func EncodeConversation(c *chat.Conversation) ([]byte, error) {
	buf := bytes.NewBuffer(make([]byte, 0, conversationSize))
	buf.Write(binary.BigEndian.AppendUint64(buf.AvailableBuffer(), uint64(c.Last)))
	return encodeJSON(buf, c)
}

// DecodeConversation decodes it.
func DecodeConversation(value []byte) (*chat.Conversation, error) {
	if len(value) < lastLen {
		return nil, unavailable.When("decoding a conversation", ErrShort)
	}
	c, err := DecodeJSON[chat.Conversation](value[lastLen:])
	return &c, err
}

// DecodeLast decodes no more of it than the number of the last message.
func DecodeLast(value []byte) (chat.Seq, error) {
	if len(value) < lastLen {
		return 0, unavailable.When("decoding a conversation", ErrShort)
	}
	return chat.Seq(binary.BigEndian.Uint64(value)), nil
}

// FieldText is how a further field of a profile stands in a conversation's
// record; nil for no field. Other things may stand there so.
func FieldText(f *chat.FieldFilter) ([]byte, error) {
	if f == nil {
		return nil, nil
	}
	text, err := EncodeJSON(map[string]string{f.Name: f.Value})
	return bytes.Trim(text, "{}"), err
}

// ErrShort means that a record is cut off.
var ErrShort = errors.New("the record is shorter than it should be")
