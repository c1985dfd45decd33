package chat

// Committed is a change of a conversation that a store has made durable. What it
// points to is shared by all subscribers and is not to be changed.
type Committed struct {
	// Before is the conversation as it was; nil for a new one.
	Before *Conversation
	// After is the conversation as it is now; nil for one that is deleted.
	After *Conversation
	// Erased tells that it was deleted because somebody asked for that, and not
	// because of its age.
	Erased bool
	// Message was appended with this change; nil for any other.
	Message *Message
	// Owner has come to the conversation by this change: by opening it, or by a
	// merge. Nil where whose it is has not changed.
	Owner *Owner
	// MergedFrom is the conversation that this one took over; empty for none. The
	// change that leaves the other one empty is published separately.
	MergedFrom ConversationID
}
