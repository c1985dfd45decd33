package layout

import (
	"fmt"

	"github.com/dgraph-io/badger/v4/y"
)

// DescribeKey says of a key without the commit's number what record it is of,
// and of whom. It gives no secret, and no text that was written.
func DescribeKey(key []byte) string {
	if len(key) == 0 {
		return "a record"
	}
	rest := key[1:]
	text, behind, ok := CutText(rest)
	switch key[0] {
	case KindAgentSession:
		return "an agent's session"
	case KindChunk:
		if ok && len(behind) == 8 {
			return fmt.Sprintf("part %d of the file %s", MessageSeq(behind), text)
		}
		return "a part of a file"
	case KindConversation:
		return fmt.Sprintf("conversation %s", rest)
	case KindClientID:
		if ok {
			return fmt.Sprintf("a client id of conversation %s", text)
		}
	case KindEmail:
		return "an e-mail address"
	case KindTabSecret:
		return "a tab secret"
	case KindMessage:
		if ok && len(behind) == 8 {
			return fmt.Sprintf("message %d of conversation %s", MessageSeq(behind), text)
		}
	case KindOwner:
		return "whose a conversation is"
	case KindPerson:
		if ok {
			return fmt.Sprintf("person %q of site %s", behind, text)
		}
	case KindSession, kindSessionToken:
		return "a visitor's session"
	case KindUpload:
		return fmt.Sprintf("the upload %s", rest)
	case KindTombstone, KindTruncation:
		return "a deletion under way"
	case SchemaKey[0]:
		return fmt.Sprintf("the record %s", key)
	}
	return "a record"
}

// DescribeRange says what records a block of a table holds, by its first key
// and that of the next block, which may be empty. Keys have the commit's number
// behind them.
func DescribeRange(first, next []byte) string {
	from := DescribeKey(y.ParseKey(first))
	if len(next) <= 8 {
		return from + " and what follows"
	}
	before := DescribeKey(y.ParseKey(next))
	if from == before {
		return from
	}
	if a, b := y.ParseKey(first), y.ParseKey(next); len(a) == len(b) && len(a) > 9 && a[0] == KindMessage && string(a[:len(a)-8]) == string(b[:len(b)-8]) {
		if id, _, ok := CutText(a[1:]); ok {
			if at, last := MessageSeq(a), MessageSeq(b)-1; at < last {
				return fmt.Sprintf("messages %d to %d of conversation %s", at, last, id)
			}
			return from
		}
	}
	return fmt.Sprintf("from %s up to before %s", from, before)
}
