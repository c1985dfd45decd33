package chat

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Maintenance is what those who operate a server ask of its Store, beside what
// visitors and agents do. Package storetest tests it too.
type Maintenance interface {
	// PersonalData returns what is held of those whom a subject names, read at one
	// moment: several people may share an e-mail address. None is no error.
	PersonalData(ctx context.Context, who Subject) ([]PersonalData, error)

	// Erase deletes all that PersonalData finds, for good, and returns it. Each
	// entry goes as a whole; what a failure or a crash leaves of it can be
	// found by no reader, and goes when the store is opened next. ErrNotFound
	// where there is nothing. The texts may still be in the store's files,
	// where nothing reads them, until those are rewritten (see Compacter).
	Erase(ctx context.Context, who Subject) ([]PersonalData, error)

	// Expire deletes what its policy says is too old, in steps between which
	// others read and write. What was used again meanwhile stays.
	Expire(ctx context.Context, x Expiry) (Expired, error)

	// LastExpiry returns the Now of the last Expire that was carried through,
	// the zero time before the first.
	LastExpiry(ctx context.Context) (time.Time, error)

	// Stats counts what there is.
	Stats(ctx context.Context) (Stats, error)
}

// Backuper is a Store that can copy itself out while it is used.
type Backuper interface {
	// Backup writes all that is stored, as it is at one moment. A writer that
	// got less than everything holds no valid backup, and a check shows that.
	Backup(ctx context.Context, w io.Writer) error
}

// Compacter is a Store whose files can be rewritten while it is used, so that
// they hold no trace of what was deleted.
type Compacter interface {
	// Compact rewrites the files and reports how far it is, now and then.
	Compact(ctx context.Context, report func(Progress)) (Compaction, error)
}

// Progress is how far something is.
type Progress struct {
	// Done and Total are in bytes; Total is an estimate.
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

// Compaction is what rewriting the files has brought.
type Compaction struct {
	// BytesBefore and BytesAfter are what the files take on disk.
	BytesBefore uint64 `json:"bytes_before"`
	BytesAfter  uint64 `json:"bytes_after"`
	// Records is how many were copied.
	Records int `json:"records"`
	// Took is how long it took, Paused for how long writers had to wait, in
	// nanoseconds.
	Took   time.Duration `json:"took"`
	Paused time.Duration `json:"paused"`
}

// Subject names whom an operator means. Exactly one of ID, Email and
// Conversation is set.
type Subject struct {
	// Site restricts to the people of one site; empty for all sites.
	Site string `json:"site,omitempty"`
	// ID is the application's own name for a person, as in its evidence.
	ID string `json:"id,omitempty"`
	// Email is an address that evidence has carried: the person's own now, or
	// one that was theirs last. What only a page's script said does not count.
	Email string `json:"email,omitempty"`
	// Conversation is the name of a conversation, such as an anonymous one.
	// One that a person has stands for the person.
	Conversation ConversationID `json:"conversation,omitempty"`
}

// Valid reports whether the subject names somebody in exactly one way.
func (s Subject) Valid() bool {
	n := 0
	for _, set := range []bool{s.ID != "", s.Email != "", s.Conversation != ""} {
		if set {
			n++
		}
	}
	return n == 1
}

// PersonalData is what a store holds of one person, or of one anonymous visitor.
type PersonalData struct {
	Site string `json:"site"`
	// Key is the person's; empty for an anonymous visitor.
	Key string `json:"key,omitempty"`
	// Person is nil for an anonymous visitor, and where only other records are
	// left of a person.
	Person *Person `json:"person,omitempty"`
	// Emails are the addresses by which the person is found.
	Emails []string `json:"emails,omitempty"`
	// Conversations are the one that they have, and the empty shells of those
	// that went into it.
	Conversations []Conversation `json:"conversations"`
	Sessions      []Session      `json:"sessions"`
	// TabSecrets are the secrets of the tabs that the conversations began in.
	TabSecrets []TabSecret `json:"marks"`
}

// Messages is how many messages the conversations have.
func (h PersonalData) Messages() int {
	n := 0
	for _, c := range h.Conversations {
		n += int(c.Last)
	}
	return n
}

// Expiry says what is too old.
type Expiry struct {
	// Now is by a clock that can be trusted not to be ahead of the time.
	Now time.Time
	// Retention is how long a conversation outlives its last activity, and a
	// person of whom nothing else is left their first; zero for ever.
	Retention time.Duration
	// Lives returns how long sessions and tab secrets of a site outlive the
	// last contact of their browsers.
	Lives func(site string) Lives
}

// Lives is how long what a browser has outlives its last contact.
type Lives struct{ Session, TabSecret time.Duration }

// Expired is what Expire deleted.
type Expired struct {
	Conversations []Conversation
	Messages      int
	People        int
	Sessions      int
	TabSecrets    int
}

// Nothing reports whether nothing was deleted.
func (x Expired) Nothing() bool {
	return len(x.Conversations)+x.People+x.Sessions+x.TabSecrets == 0
}

// Stats is what a store holds.
type Stats struct {
	// Conversations counts those with a message; Open, Resolved and Anonymous
	// are parts of it.
	Conversations int `json:"conversations"`
	Open          int `json:"open"`
	Resolved      int `json:"resolved"`
	Anonymous     int `json:"anonymous"`
	Messages      int `json:"messages"`
	People        int `json:"people"`
	// Sessions counts live ones only.
	Sessions   int `json:"sessions"`
	TabSecrets int `json:"marks"`
	// Attachments are the files of all messages, and those that wait for one.
	Attachments     int    `json:"attachments"`
	AttachmentBytes uint64 `json:"attachment_bytes"`
	// Oldest and Newest are the times of the first and the last activity of
	// all conversations; zero where there is none.
	Oldest time.Time `json:"oldest,omitzero"`
	Newest time.Time `json:"newest,omitzero"`

	// Path is where the files are, BytesOnDisk what they take there, BytesFree
	// what is left for more.
	Path        string `json:"path"`
	BytesOnDisk uint64 `json:"bytes_on_disk"`
	BytesFree   uint64 `json:"bytes_free"`
	Encrypted   bool   `json:"encrypted"`
	Schema      int    `json:"schema"`
	// Compacted is when the files were last rewritten, Erased when somebody
	// was last erased; zero for never.
	Compacted time.Time `json:"compacted,omitzero"`
	Erased    time.Time `json:"erased,omitzero"`
}

// Uncompacted reports whether somebody was erased whose texts may still be in
// the files.
func (s Stats) Uncompacted() bool { return s.Erased.After(s.Compacted) }

// ErrBusy means that two things were asked that can't run at the same time,
// such as two compactions.
var ErrBusy = &Error{"busy", "a backup or a compaction is under way; try again when it is done"}

// Checker is a Store that can read all it has and tell what is damaged.
type Checker interface {
	// Check reads everything and reports how far it is, now and then. What is
	// damaged is part of the result, and no error.
	Check(ctx context.Context, report func(Progress)) (Check, error)
}

// Check is what reading everything has shown.
type Check struct {
	// Files, Records and Bytes are how much was read.
	Files   int    `json:"files"`
	Records int    `json:"records"`
	Bytes   uint64 `json:"bytes"`
	// Damaged is what is not as it was written; nothing, in a sound store.
	Damaged []Damage `json:"damaged,omitempty"`
}

// Damage is something in a store that is not as it was written.
type Damage struct {
	// File is the name of the file, relative to the store's directory; empty
	// where that is not known.
	File string `json:"file,omitempty"`
	// Offset is where in the file, in bytes; 0 for the file as a whole.
	Offset int64 `json:"offset,omitempty"`
	// What is wrong.
	What string `json:"what"`
	// Records says of whom or what it is, where that is known.
	Records string `json:"records,omitempty"`
}

// String says it in one line.
func (d Damage) String() string {
	text := d.What
	if d.File != "" && d.Offset > 0 {
		text = fmt.Sprintf("%s at %d: %s", d.File, d.Offset, d.What)
	} else if d.File != "" {
		text = d.File + ": " + d.What
	}
	if d.Records != "" {
		text += " (" + d.Records + ")"
	}
	return text
}
