package chat

// Event is something that is published to live listeners. Exactly one of the kinds
// below is meant by Kind; the fields it uses are named there.
type Event struct {
	Kind         EventKind
	Conversation *Conversation // its state after the event; shared, not to be changed
	Message      *Message      // likewise
	Side         Side
	Name         string
	Agent        string // an agent's e-mail address
	On           bool
	Site         string
	From         ConversationID
}

// EventKind is what has happened.
type EventKind uint8

const (
	// EventMessage: Message was appended to Conversation.
	EventMessage EventKind = iota + 1
	// EventState: Conversation changed otherwise.
	EventState
	// EventOpened: Conversation now exists for the listener's owner.
	EventOpened
	// EventTyping: Side (called Name; of agents Agent) types in Conversation, or has
	// stopped (On).
	EventTyping
	// EventViewers: an agent has opened Conversation at a console, or closed it.
	EventViewers
	// EventAssigned: Conversation was given to the listener's agent, by somebody
	// else (Name; empty for the site).
	EventAssigned
	// EventPresence: the visitor of Conversation came, went (On) or moved to
	// another page.
	EventPresence
	// EventMerged: From went into Conversation.
	EventMerged
	// EventOnline: the first agent of Site came or the last one went (On).
	EventOnline
	// EventAgents: an agent came or went, or a configuration has others, or other
	// sites.
	EventAgents
	// EventReset: the session was logged out; the listener forgets everything.
	EventReset
	// EventAgain: who the visitor is has changed, or more at a desk than is
	// published one by one; the listener says hello, or gets it, anew.
	EventAgain
	// EventRestart: the server goes away; the listener comes back.
	EventRestart
	// EventSignedOut: the agent's session has ended.
	EventSignedOut
	// EventGone: the site is no longer served here.
	EventGone
	// EventAsked: the application was asked who is signed in at the browser of the
	// session, and has not said that it is somebody else.
	EventAsked
)
