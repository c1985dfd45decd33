package badger

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chat"
)

// sessionRecord is a session with the tokens that open it, the oldest first.
type sessionRecord struct {
	chat.Session
	Tokens []chat.Hash `json:"-"`
	// Texts is Tokens as stored.
	Texts []string `json:"tokens"`
}

func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // no page ever sees it; escapes would grow it up to sixfold
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding a record: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func decodeJSON[T any](value []byte) (T, error) {
	var v T
	if err := json.Unmarshal(value, &v); err != nil {
		return v, unavailable("decoding a record", err)
	}
	return v, nil
}

// A conversation's record is the number of its last message in 8 bytes, which
// is all that reading messages needs of it, and then the whole as JSON.
const lastLen = 8

func encodeConversation(c *chat.Conversation) ([]byte, error) {
	text, err := encodeJSON(c)
	if err != nil {
		return nil, err
	}
	value := make([]byte, 0, lastLen+len(text))
	value = binary.BigEndian.AppendUint64(value, uint64(c.Last))
	return append(value, text...), nil
}

func decodeConversation(value []byte) (*chat.Conversation, error) {
	if len(value) < lastLen {
		return nil, unavailable("decoding a conversation", errShort)
	}
	c, err := decodeJSON[chat.Conversation](value[lastLen:])
	return &c, err
}

func decodeLast(value []byte) (chat.Seq, error) {
	if len(value) < lastLen {
		return 0, unavailable("decoding a conversation", errShort)
	}
	return chat.Seq(binary.BigEndian.Uint64(value)), nil
}

var errShort = errors.New("the record is shorter than it should be")

// The first byte of a message's record is its format. Messages are most of all
// data and a page of history has many, so they are not JSON: decoding fifty
// took three times as long as reading them.
const (
	plainMessage  = 1
	filesAttached = 2
)

// encodeMessage returns the format, the author's side, the time in nanoseconds
// since 1970 and the texts, each behind its length; with files attached then
// their count, and of each its texts and its size. The number is in the key.
func encodeMessage(m *chat.Message) []byte {
	b := make([]byte, 0, 24+len(m.ClientID)+len(m.Author.ID)+len(m.Author.Name)+len(m.Text))
	b = append(b, plainMessage, sideByte(m.Author.Side))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Time.UnixNano()))
	b = appendText(b, m.ClientID)
	b = appendText(b, m.Author.ID)
	b = appendText(b, m.Author.Name)
	b = appendText(b, m.Text)
	if len(m.Attachments) == 0 {
		return b
	}
	b[0] = filesAttached
	b = binary.AppendUvarint(b, uint64(len(m.Attachments)))
	for _, a := range m.Attachments {
		b = appendText(b, string(a.ID))
		b = appendText(b, a.Name)
		b = appendText(b, a.Type)
		b = binary.AppendUvarint(b, uint64(a.Size))
	}
	return b
}

func decodeMessage(seq chat.Seq, value []byte) (chat.Message, error) {
	if len(value) < 10 || value[0] != plainMessage && value[0] != filesAttached {
		return chat.Message{}, unavailable("decoding a message", errShort)
	}
	m := chat.Message{
		Seq:    seq,
		Time:   time.Unix(0, int64(binary.BigEndian.Uint64(value[2:]))).UTC(),
		Author: chat.Author{Side: sideOf(value[1])},
	}
	f := fields{bytes: value[10:], rest: string(value[10:])} // one copy, of which the texts are parts
	m.ClientID, m.Author.ID, m.Author.Name, m.Text = f.text(), f.text(), f.text(), f.text()
	if value[0] == filesAttached {
		n := f.number()
		for range min(n, chat.MaxAttachments) {
			m.Attachments = append(m.Attachments, chat.Attachment{ID: chat.AttachmentID(f.text()),
				Name: f.text(), Type: f.text(), Size: int64(f.number())})
		}
	}
	if f.short {
		return chat.Message{}, unavailable("decoding a message", errShort)
	}
	return m, nil
}

// fields reads the parts of a record one after the other.
type fields struct {
	bytes []byte // the same as rest
	rest  string
	short bool // something was missing
}

func (f *fields) number() uint64 {
	n, used := binary.Uvarint(f.bytes)
	if used <= 0 {
		f.short = true
		return 0
	}
	f.skip(used)
	return n
}

func (f *fields) text() string {
	n := f.number()
	if n > uint64(len(f.rest)) {
		f.short = true
		return ""
	}
	text := f.rest[:n]
	f.skip(int(n))
	return text
}

func (f *fields) skip(n int) { f.bytes, f.rest = f.bytes[n:], f.rest[n:] }

func parseHash(text string) (h chat.Hash, err error) {
	n, err := base64.RawURLEncoding.Decode(h[:], []byte(text))
	if err == nil && n != len(h) {
		err = errShort
	}
	if err != nil {
		return h, unavailable("decoding a token's hash", err)
	}
	return h, nil
}
