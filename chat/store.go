package chat

import (
	"context"
	"io"
	"time"
)

// Store is all that outlives the process. Package storetest defines
// by test what each implementation promises; in short:
//
//   - A method that changes something returns nil only once the change would
//     survive a power cut, and changes all of what it says or nothing.
//   - Reads see every change acknowledged before they began.
//   - All methods may be called from many goroutines at once.
//   - What can't be done because the store is broken, full or closed gives an
//     error that wraps ErrUnavailable; the same call may succeed later.
//   - What a method calls "the same again" may be repeated after a failure
//     whose outcome is unknown.
type Store interface {
	SessionStore

	// OpenConversation returns the owner's conversation. If there is none yet
	// it becomes the seed, of which ID, Site and Person are set already. Of
	// many at once, all get the same one.
	OpenConversation(ctx context.Context, owner Owner, seed Conversation) (Conversation, error)

	// ConversationOf returns the owner's conversation. ErrNotFound.
	ConversationOf(ctx context.Context, owner Owner) (Conversation, error)

	// Conversation returns a conversation, a merged one too. ErrNotFound.
	Conversation(ctx context.Context, id ConversationID) (Conversation, error)

	// ChangeConversation applies a change by Conversation.Apply, as one record
	// with the message in it. Where that side has sent the ClientID before,
	// nothing at all is changed and the message of then is returned. The
	// message is nil for a change without one. Conversation.Refuse may say no to
	// the change. Its attachments must have been uploaded for this conversation and
	// side: ErrNoUpload; each is part of one message. A change of a merged
	// conversation is made to the one that took it over, so that no message
	// falls between: look at the ID of what is returned. ErrNotFound.
	ChangeConversation(ctx context.Context, id ConversationID, ch Change, now time.Time) (Conversation, *Message, error)

	// Messages returns messages in order. ErrNotFound is never given: an
	// unknown conversation has no messages.
	Messages(ctx context.Context, id ConversationID, r Range) ([]Message, error)

	// Upload reads a file to its end and stores it for a message of that side in
	// that conversation (or in what takes it over): Draft.Attachments. It is
	// never held in memory as a whole. It gives ErrTooLarge beyond
	// MaxAttachment, ErrEmpty for no content, ErrTooManyUnsent where MaxUnsent
	// others wait, finished or not, and an error of the reader as it is; then
	// nothing of it is left. It may give ErrUnavailable while there is still room
	// for messages.
	Upload(ctx context.Context, u Upload, file io.Reader) (Attachment, error)

	// Attachment returns an attachment of a message, to be read as long as ctx
	// lives; the reader gives ErrNotFound once it is deleted. ErrNotFound if
	// that message of that conversation has no such attachment.
	Attachment(ctx context.Context, id ConversationID, seq Seq, a AttachmentID) (Attachment, io.Reader, error)

	// DropUploads forgets uploads that were begun before then and are part of
	// no message, finished or not. A store does that by itself when it opens
	// and every hour, for what is older than UploadRetention.
	DropUploads(ctx context.Context, before time.Time) error

	// Inbox returns a page of conversations with at least one message, the
	// latest activity first (with Filter.Waiting those that wait, the longest first),
	// and the cursor of the next page, empty at the end.
	// Filter.Search and Filter.Field are for Search.
	Inbox(ctx context.Context, f Filter, cursor string, limit int) ([]Conversation, string, error)

	// Search returns a page of the conversations that the whole filter lets
	// through. It looks through a bounded amount of data at a time: the page may be
	// short, or empty, and yet have a next one.
	Search(ctx context.Context, f Filter, cursor string, limit int) (SearchPage, error)

	// Count returns how many open conversations of these sites (nil: of all) have
	// something unread to an agent (Conversation.ReadBy), and how many wait for an
	// answer (Conversation.WaitingSince).
	Count(ctx context.Context, sites []string, agent string) (Counts, error)

	// MergeConversation gives the conversation of a tab secret to a person: as it is where they
	// had none, else message by message after their own (Conversation.Adopt,
	// Take and Merged). It happens once: ErrNotFound if the secret is unknown,
	// was merged already or without a conversation. It returns the name of the
	// anonymous conversation and the person's as it then is.
	MergeConversation(ctx context.Context, secret Hash, p Person, at time.Time) (ConversationID, Conversation, error)

	// StartAgentSession stores an agent's session.
	StartAgentSession(ctx context.Context, s AgentSession) error

	// AgentSession returns an agent's session. ErrNotFound.
	AgentSession(ctx context.Context, token Hash) (AgentSession, error)

	// TouchAgentSession moves the time of an agent's last contact. ErrNotFound.
	TouchAgentSession(ctx context.Context, token Hash, at time.Time) error

	// EndAgentSession forgets an agent's session; an unknown one is no error.
	EndAgentSession(ctx context.Context, token Hash) error

	Maintenance

	// Subscribe has each commit published that changes conversations, for as long
	// as the store is open: in the order in which they were committed, each once,
	// and before the method returns that made the change. The subscriber must
	// neither block nor call the store. What was committed before is not published.
	// An empty list says that something may have been committed that was not
	// published, as where a commit failed and was durable all the same: then who must miss nothing
	// reads the store anew.
	Subscribe(subscriber func([]Committed))

	// Close ends all work and releases what the store holds. Later calls give
	// ErrUnavailable.
	Close() error
}

// SessionStore is what a Store has of browsers and of those who are signed in.
type SessionStore interface {
	// StartSession stores a new anonymous session that the token opens.
	StartSession(ctx context.Context, s Session, token Hash) error

	// SignIn stores a new session of a person, creates the person if this is
	// their first, and replaces their profile. Of many at once for a new
	// person, one creates it and none fails. The same session again is
	// allowed: its token is added if it is new.
	SignIn(ctx context.Context, s Session, token Hash, p Profile) (Person, error)

	// Session returns the session that a token opens, or once opened if it has
	// ended less than EndedRetention ago. ErrNotFound if there is none.
	Session(ctx context.Context, token Hash) (Session, error)

	// SessionByID is Session by its name.
	SessionByID(ctx context.Context, id SessionID) (Session, error)

	// ChangeSession applies a change by Session.Apply. ErrNotFound, ErrEnded.
	ChangeSession(ctx context.Context, id SessionID, ch SessionChange) (Session, error)

	// Person returns a site's person. ErrNotFound.
	Person(ctx context.Context, site, key string) (Person, error)

	// PersonByEmail returns the one person whose evidence has carried this e-mail
	// address (trimmed and in lower case). Who has an id goes before who has
	// none. ErrNotFound; ErrSharedAddress where several ids have carried it.
	PersonByEmail(ctx context.Context, site, email string) (Person, error)

	// UpdatePerson replaces the profile of a person and of their conversation.
	// ErrNotFound.
	UpdatePerson(ctx context.Context, site, key string, p Profile) error

	// StartTabSecret stores a new tab secret.
	StartTabSecret(ctx context.Context, m TabSecret) error

	// TabSecret returns a tab secret. ErrNotFound.
	TabSecret(ctx context.Context, secret Hash) (TabSecret, error)

	// TouchTabSecret notes that a tab with this secret was in contact. It never moves
	// the time back. ErrNotFound.
	TouchTabSecret(ctx context.Context, secret Hash, at time.Time) error
}

// EndedRetention is how long an ended session is remembered: longer than any
// response may take to arrive that was asked for before it ended.
const EndedRetention = 24 * time.Hour

// Range picks messages of a conversation by their numbers.
type Range struct {
	// After picks the messages behind this one, the oldest first to fill Limit.
	After Seq
	// Before picks the messages ahead of this one, the newest first to fill
	// Limit; zero means from the end. It counts only where Backwards is set.
	Before    Seq
	Backwards bool
	// Limit is how many at most; at least 1.
	Limit int
}

// Filter picks conversations for an inbox.
type Filter struct {
	// Sites restricts to these; nil means all.
	Sites []string
	// Status restricts to open or resolved ones; empty means both.
	Status Status
	// Waiting restricts to those that wait for an answer.
	Waiting bool
	// Assignee restricts to those of one agent, by e-mail address; a pointer
	// to an empty string to those of nobody; nil means all.
	Assignee *string
	// Label restricts to those whose verified profile has this label; empty
	// means any.
	Label string
	// Search restricts to those with all of these words and "quoted phrases",
	// parts of words included, as package fold compares them: without regard to
	// case and accents. Each has to be in the names, e-mail addresses or ids of the
	// person (verified or not) or be the ID of the conversation, or else all the
	// others together in the text and the files' names of one message. Empty means
	// any.
	Search string
	// Field restricts to those whose verified profile has a field; nil means any.
	Field *FieldFilter
}
