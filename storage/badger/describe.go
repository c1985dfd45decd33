package badger

import (
	"fmt"

	"github.com/dgraph-io/badger/v4/y"
)

// describeKey says of a key without the commit's number what record it is of,
// and of whom. It gives no secret, and no text that was written.
func describeKey(key []byte) string {
	if len(key) == 0 {
		return "a record"
	}
	rest := key[1:]
	text, behind, ok := cutText(rest)
	switch key[0] {
	case kindAgentSession:
		return "an agent's session"
	case kindChunk:
		if ok && len(behind) == 8 {
			return fmt.Sprintf("part %d of the file %s", messageSeq(behind), text)
		}
		return "a part of a file"
	case kindConversation:
		return fmt.Sprintf("conversation %s", rest)
	case kindClientID:
		if ok {
			return fmt.Sprintf("a client id of conversation %s", text)
		}
	case kindEmail:
		return "an e-mail address"
	case kindMark:
		return "a tab's secret"
	case kindMessage:
		if ok && len(behind) == 8 {
			return fmt.Sprintf("message %d of conversation %s", messageSeq(behind), text)
		}
	case kindOwner:
		return "whose a conversation is"
	case kindPerson:
		if ok {
			return fmt.Sprintf("person %q of site %s", behind, text)
		}
	case kindSession, kindSessionToken:
		return "a visitor's session"
	case kindUpload:
		return fmt.Sprintf("the upload %s", rest)
	case kindDoomed, kindTrim:
		return "a deletion under way"
	case schemaKey[0]:
		return fmt.Sprintf("the record %s", key)
	}
	return "a record"
}

// describeRange says what records a block of a table holds, by its first key
// and that of the next block, which may be empty. Keys have the commit's number
// behind them.
func describeRange(first, next []byte) string {
	from := describeKey(y.ParseKey(first))
	if len(next) <= 8 {
		return from + " and what follows"
	}
	before := describeKey(y.ParseKey(next))
	if from == before {
		return from
	}
	if a, b := y.ParseKey(first), y.ParseKey(next); len(a) == len(b) && len(a) > 9 && a[0] == kindMessage && string(a[:len(a)-8]) == string(b[:len(b)-8]) {
		if id, _, ok := cutText(a[1:]); ok {
			if at, last := messageSeq(a), messageSeq(b)-1; at < last {
				return fmt.Sprintf("messages %d to %d of conversation %s", at, last, id)
			}
			return from
		}
	}
	return fmt.Sprintf("from %s up to before %s", from, before)
}
