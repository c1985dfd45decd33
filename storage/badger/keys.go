package badger

import (
	"encoding/binary"

	"github.com/parley-chat/parley/chat"
)

// schemaVersion is the layout that this package reads and writes.
const schemaVersion = 2

// The kinds of records, each the first byte of its keys. docs/storage.md lists
// what follows it and what the records hold.
const (
	kindAgentSession      = 'a'
	kindChunk             = 'b'
	kindConversation      = 'c'
	kindDoomed            = 'z'
	kindClientID          = 'd'
	kindEmail             = 'e'
	kindMark              = 'k'
	kindMessage           = 'm'
	kindOwner             = 'o'
	kindPerson            = 'p'
	kindSession           = 's'
	kindSessionToken      = 't'
	kindTrim              = 'x'
	kindUpload            = 'u'
	ownerMark             = 'm'
	ownerPerson           = 'p'
	sideAgent        byte = 'a'
	sideSystem       byte = 's'
	sideVisitor      byte = 'v'
)

// schemaKey holds the version of the layout as decimal digits.
var schemaKey = []byte("!schema")

// Times of the store's upkeep, in RFC 3339; absent for never.
var (
	compactedKey = []byte("!compacted")
	erasedKey    = []byte("!erased")
	expiryKey    = []byte("!expiry")
)

// appendText appends a text behind its length, so that no text can run into
// what follows it and none is the beginning of another.
func appendText(key []byte, text string) []byte {
	key = binary.AppendUvarint(key, uint64(len(text)))
	return append(key, text...)
}

func agentSessionKey(token chat.Hash) []byte {
	return append([]byte{kindAgentSession}, token[:]...)
}

func conversationKey(id chat.ConversationID) []byte {
	return append([]byte{kindConversation}, id...)
}

// doomedKey tells that a conversation is deleted, but not all that was in it.
func doomedKey(id chat.ConversationID) []byte {
	return append([]byte{kindDoomed}, id...)
}

func trimKey(id chat.ConversationID) []byte {
	return append([]byte{kindTrim}, id...)
}

// clientIDPrefix begins the keys of all client ids of a conversation.
func clientIDPrefix(id chat.ConversationID) []byte {
	key := make([]byte, 0, len(id)+72)
	return appendText(append(key, kindClientID), string(id))
}

func clientIDKey(id chat.ConversationID, side chat.Side, clientID string) []byte {
	key := append(clientIDPrefix(id), sideByte(side))
	return append(key, clientID...)
}

func emailKey(site, email string) []byte {
	return append(appendText([]byte{kindEmail}, site), email...)
}

func markKey(mark chat.Hash) []byte {
	return append([]byte{kindMark}, mark[:]...)
}

// messagePrefix begins the keys of all messages of a conversation.
func messagePrefix(id chat.ConversationID) []byte {
	key := make([]byte, 0, len(id)+16)
	return appendText(append(key, kindMessage), string(id))
}

func messageKey(id chat.ConversationID, seq chat.Seq) []byte {
	return binary.BigEndian.AppendUint64(messagePrefix(id), uint64(seq))
}

// messageSeq reads the number off the end of a message's key.
func messageSeq(key []byte) chat.Seq {
	return chat.Seq(binary.BigEndian.Uint64(key[len(key)-8:]))
}

func ownerKey(o chat.Owner) []byte {
	if o.Mark != nil {
		key := appendText([]byte{kindOwner, ownerMark}, o.Site)
		return append(key, o.Mark[:]...)
	}
	return append(appendText([]byte{kindOwner, ownerPerson}, o.Site), o.Person...)
}

func personKey(site, key string) []byte {
	return append(appendText([]byte{kindPerson}, site), key...)
}

func sessionKey(id chat.SessionID) []byte {
	return append([]byte{kindSession}, id...)
}

func sessionTokenKey(token chat.Hash) []byte {
	return append([]byte{kindSessionToken}, token[:]...)
}

// cutText takes a text that appendText has put before the rest of a key.
func cutText(key []byte) (text string, rest []byte, ok bool) {
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

func sideByte(s chat.Side) byte {
	switch s {
	case chat.Visitor:
		return sideVisitor
	case chat.Agent:
		return sideAgent
	default:
		return sideSystem
	}
}

func sideOf(b byte) chat.Side {
	switch b {
	case sideVisitor:
		return chat.Visitor
	case sideAgent:
		return chat.Agent
	default:
		return chat.System
	}
}

// commitKey is written with each commit, so that the number of the last one can
// always be told: that of this record's version. Whatever else a commit wrote
// may be deleted or replaced, and forgotten.
var commitKey = []byte("!commit")

// enginePrefix begins the keys that the engine keeps for itself.
var enginePrefix = []byte("!badger!")

// isOfSession reports whether a key is that of a session, of a visitor or an
// agent, or of what opens one. They are not restored: one may have ended since
// the backup was made, and nothing tells which.
func isOfSession(key []byte) bool {
	switch key[0] {
	case kindSession, kindSessionToken, kindAgentSession:
		return true
	}
	return false
}

func uploadKey(id chat.AttachmentID) []byte {
	return append([]byte{kindUpload}, id...)
}

func chunkKey(id chat.AttachmentID, n uint64) []byte {
	return binary.BigEndian.AppendUint64(appendText([]byte{kindChunk}, string(id)), n)
}

func seqValue(seq chat.Seq) []byte { return binary.BigEndian.AppendUint64(nil, uint64(seq)) }
