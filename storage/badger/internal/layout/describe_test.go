package layout

import "testing"

// A block of a table has the records from its first key on, and none of the next
// block's.
func TestDescribeRange(t *testing.T) {
	key := func(k []byte) []byte { return append(k, make([]byte, 8)...) }
	for want, at := range map[string][2][]byte{
		"messages 34 to 48 of conversation c1":                                         {key(MessageKey("c1", 34)), key(MessageKey("c1", 49))},
		"message 34 of conversation c1":                                                {key(MessageKey("c1", 34)), key(MessageKey("c1", 35))},
		"from message 34 of conversation c1 up to before message 1 of conversation c2": {key(MessageKey("c1", 34)), key(MessageKey("c2", 1))},
		"conversation c1": {key(ConversationKey("c1")), key(ConversationKey("c1"))},
		"message 34 of conversation c1 and what follows": {key(MessageKey("c1", 34)), nil},
	} {
		if got := DescribeRange(at[0], at[1]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
