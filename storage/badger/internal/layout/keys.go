package layout

import (
	"encoding/binary"

	"github.com/parley-chat/parley/chat"
)

// SchemaVersion is the layout that this package reads and writes.
const SchemaVersion = 4

// The kinds of records, each the first byte of its keys. docs/storage.md lists
// what follows it and what the records hold.
const (
	KindAgentSession      = 'a'
	KindChunk             = 'b'
	KindConversation      = 'c'
	KindTombstone         = 'z'
	KindClientID          = 'd'
	KindEmail             = 'e'
	KindTabSecret         = 'k'
	KindMessage           = 'm'
	KindOwner             = 'o'
	KindPerson            = 'p'
	KindSession           = 's'
	kindSessionToken      = 't'
	KindTruncation        = 'x'
	KindUpload            = 'u'
	OwnerTabSecret        = 'm'
	ownerPerson           = 'p'
	SideAgent        byte = 'a'
	SideSystem       byte = 's'
	SideVisitor      byte = 'v'
)

// SchemaKey holds the version of the layout as decimal digits.
var SchemaKey = []byte("!schema")

// Times of the store's maintenance, in RFC 3339; absent for never.
var (
	CompactedKey = []byte("!compacted")
	ErasedKey    = []byte("!erased")
	ExpiryKey    = []byte("!expiry")
)

// appendText appends a text behind its length, so that no text can run into
// what follows it and none is the beginning of another.
func appendText(key []byte, text string) []byte {
	key = binary.AppendUvarint(key, uint64(len(text)))
	return append(key, text...)
}

// AgentSessionKey is where an agent's session is.
func AgentSessionKey(token chat.Hash) []byte {
	return append([]byte{KindAgentSession}, token[:]...)
}

// ConversationKey is where a conversation is.
func ConversationKey(id chat.ConversationID) []byte {
	return append([]byte{KindConversation}, id...)
}

// TombstoneKey tells that a conversation is deleted, but not all that was in it.
func TombstoneKey(id chat.ConversationID) []byte {
	return append([]byte{KindTombstone}, id...)
}

// TruncationKey tells that there may be messages behind a conversation's last,
// which are to be deleted.
func TruncationKey(id chat.ConversationID) []byte {
	return append([]byte{KindTruncation}, id...)
}

// ClientIDPrefix begins the keys of all client ids of a conversation.
func ClientIDPrefix(id chat.ConversationID) []byte {
	key := make([]byte, 0, len(id)+72)
	return appendText(append(key, KindClientID), string(id))
}

// ClientIDKey leads from the client id that a side has used to its message.
func ClientIDKey(id chat.ConversationID, side chat.Side, clientID string) []byte {
	key := append(ClientIDPrefix(id), SideByte(side))
	return append(key, clientID...)
}

// EmailKey leads from an e-mail address to the people who have carried it; see
// EncodePersonKeys.
func EmailKey(site, email string) []byte {
	return append(appendText([]byte{KindEmail}, site), email...)
}

// TabSecretKey is where a tab secret is.
func TabSecretKey(secret chat.Hash) []byte {
	return append([]byte{KindTabSecret}, secret[:]...)
}

// MessagePrefix begins the keys of all messages of a conversation.
func MessagePrefix(id chat.ConversationID) []byte {
	key := make([]byte, 0, len(id)+16)
	return appendText(append(key, KindMessage), string(id))
}

// MessageKey is where a message is.
func MessageKey(id chat.ConversationID, seq chat.Seq) []byte {
	return binary.BigEndian.AppendUint64(MessagePrefix(id), uint64(seq))
}

// MessageSeq reads the number off the end of a message's key.
func MessageSeq(key []byte) chat.Seq {
	return chat.Seq(binary.BigEndian.Uint64(key[len(key)-8:]))
}

// OwnerKey leads from an owner to their conversation.
func OwnerKey(o chat.Owner) []byte {
	if o.TabSecret != nil {
		key := appendText([]byte{KindOwner, OwnerTabSecret}, o.Site)
		return append(key, o.TabSecret[:]...)
	}
	return append(appendText([]byte{KindOwner, ownerPerson}, o.Site), o.Person...)
}

// PersonKey is where a person of a site is.
func PersonKey(site, key string) []byte {
	return append(appendText([]byte{KindPerson}, site), key...)
}

// SessionKey is where a visitor's session is.
func SessionKey(id chat.SessionID) []byte {
	return append([]byte{KindSession}, id...)
}

// SessionTokenKey leads from a token to the session that it opens.
func SessionTokenKey(token chat.Hash) []byte {
	return append([]byte{kindSessionToken}, token[:]...)
}

// CutText takes a text that appendText has put before the rest of a key.
func CutText(key []byte) (text string, rest []byte, ok bool) {
	b, rest, ok := cutBytes(key)
	return string(b), rest, ok
}

// cutBytes is cutText without a copy.
func cutBytes(b []byte) (text, rest []byte, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, false
	}
	return b[used : used+int(n)], b[used+int(n):], true
}

// SideByte is how a side is stored.
func SideByte(s chat.Side) byte {
	switch s {
	case chat.Visitor:
		return SideVisitor
	case chat.Agent:
		return SideAgent
	default:
		return SideSystem
	}
}

func sideOf(b byte) chat.Side {
	switch b {
	case SideVisitor:
		return chat.Visitor
	case SideAgent:
		return chat.Agent
	default:
		return chat.System
	}
}

// CommitKey is written with each commit, so that the number of the last one can
// always be told: that of this record's version. Whatever else a commit wrote
// may be deleted or replaced, and forgotten.
var CommitKey = []byte("!commit")

// EnginePrefix begins the keys that the engine keeps for itself.
var EnginePrefix = []byte("!badger!")

// IsOfSession reports whether a key is that of a session, of a visitor or an
// agent, or of what opens one. They are not restored: one may have ended since
// the backup was made, and nothing tells which.
func IsOfSession(key []byte) bool {
	switch key[0] {
	case KindSession, kindSessionToken, KindAgentSession:
		return true
	}
	return false
}

// UploadKey is where an upload is that no message has yet.
func UploadKey(id chat.AttachmentID) []byte {
	return append([]byte{KindUpload}, id...)
}

// ChunkKey is where a part of a file is, the first one being 0.
func ChunkKey(id chat.AttachmentID, n uint64) []byte {
	return binary.BigEndian.AppendUint64(appendText([]byte{KindChunk}, string(id)), n)
}

// SeqValue is a message's number as the value of a record.
func SeqValue(seq chat.Seq) []byte { return binary.BigEndian.AppendUint64(nil, uint64(seq)) }
