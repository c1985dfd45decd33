package layout

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/storage/badger/internal/unavailable"
)

// The first byte of a message's record is its format. Messages are most of all
// data and a page of history has many, so they are not JSON: decoding fifty
// took three times as long as reading them.
const (
	PlainMessage  = 1
	FilesAttached = 2
	// ActivityBefore also has files, if only none, and what was done before it.
	ActivityBefore = 3
)

// EncodeMessage returns the format, the author's side, the time in nanoseconds
// since 1970 and the texts, each behind its length; with files attached then
// their count, and of each its texts and its size; with activities before it then
// those as JSON, for they are few. The number is in the key.
func EncodeMessage(m *chat.Message) []byte {
	b := make([]byte, 0, 24+len(m.ClientID)+len(m.Author.ID)+len(m.Author.Name)+len(m.Text))
	b = append(b, PlainMessage, SideByte(m.Author.Side))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Time.UnixNano()))
	b = appendText(b, m.ClientID)
	b = appendText(b, m.Author.ID)
	b = appendText(b, m.Author.Name)
	b = appendText(b, m.Text)
	if len(m.Attachments) == 0 && len(m.Before) == 0 {
		return b
	}
	b[0] = FilesAttached
	b = binary.AppendUvarint(b, uint64(len(m.Attachments)))
	for _, a := range m.Attachments {
		b = appendText(b, string(a.ID))
		b = appendText(b, a.Name)
		b = appendText(b, a.Type)
		b = binary.AppendUvarint(b, uint64(a.Size))
	}
	if len(m.Before) > 0 {
		b[0] = ActivityBefore
		activities, _ := EncodeJSON(m.Before) // texts and times never fail
		b = appendText(b, string(activities))
	}
	return b
}

// DecodeMessage decodes the record of the message with a number.
func DecodeMessage(seq chat.Seq, value []byte) (chat.Message, error) {
	if len(value) < 10 || value[0] < PlainMessage || value[0] > ActivityBefore {
		return chat.Message{}, unavailable.When("decoding a message", ErrShort)
	}
	m := chat.Message{
		Seq:    seq,
		Time:   time.Unix(0, int64(binary.BigEndian.Uint64(value[2:]))).UTC(),
		Author: chat.Author{Side: sideOf(value[1])},
	}
	f := fields{bytes: value[10:], rest: string(value[10:])} // one copy, of which the texts are parts
	m.ClientID, m.Author.ID, m.Author.Name, m.Text = f.text(), f.text(), f.text(), f.text()
	if value[0] >= FilesAttached {
		n := f.number()
		for range min(n, chat.MaxAttachments) {
			m.Attachments = append(m.Attachments, chat.Attachment{ID: chat.AttachmentID(f.text()),
				Name: f.text(), Type: f.text(), Size: int64(f.number())})
		}
	}
	if value[0] == ActivityBefore {
		m.Before = f.activities()
	}
	if f.short {
		return chat.Message{}, unavailable.When("decoding a message", ErrShort)
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

// activities is apart from DecodeMessage because what it hands to the decoder
// is allocated, and there it would be the message, of each record.
func (f *fields) activities() (before []chat.Activity) {
	if json.Unmarshal([]byte(f.text()), &before) != nil {
		f.short = true
	}
	return before
}

func (f *fields) skip(n int) { f.bytes, f.rest = f.bytes[n:], f.rest[n:] }
