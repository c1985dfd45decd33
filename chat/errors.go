package chat

import (
	"errors"
	"fmt"
)

// Error is a failure to report to whoever asked: a stable code, and a sentence for
// developers and operators. Visitors and agents read what their front end says for
// the code. Compare with errors.Is against the variables below; details are added
// by wrapping.
type Error struct {
	// Code is stable and made of lower-case words joined by underscores.
	Code string
	// Text says in English what is wrong and, where there is something to do, what.
	Text string
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Text }

// The failures of the domain.
var (
	// ErrUnavailable means that the store can't be used now. Nothing is promised:
	// what was to be stored may be stored all the same, and is there once if the
	// same is asked for again, a message by its client id.
	ErrUnavailable = &Error{"unavailable", "the chat is unavailable right now; please try again in a moment"}
	// ErrNoSession means that nobody is known by the token given, or that an
	// anonymous session was used without its tab secret.
	ErrNoSession = &Error{"no_session", "there is no chat session; say hello again"}
	// ErrNotFound means that there is no such thing, or that the one who asks
	// may not know of it.
	ErrNotFound = &Error{"not_found", "not found"}
	// ErrEmpty means that a message has no visible text, or a file no content.
	ErrEmpty = &Error{"empty", "the message or the file is empty"}
	// ErrTooLong means that a text is longer than MaxText characters.
	ErrTooLong = &Error{"too_long", "the message is longer than 4,000 characters; please send it in parts"}
	// ErrBadFrame means that what was sent can't be read.
	ErrBadFrame = &Error{"bad_frame", "this could not be read"}
	// ErrForbidden means that an agent may not do this.
	ErrForbidden = &Error{"forbidden", "you may not do this"}
	// ErrRateLimited means that too much was asked in too short a time.
	ErrRateLimited = &Error{"rate_limited", "too much at once; please wait a moment"}
	// ErrBadToken means that an externalToken does not show who is signed in.
	ErrBadToken = &Error{"bad_token", "the externalToken is not taken"}
	// ErrTooLarge means that a file is larger than MaxAttachment.
	ErrTooLarge = &Error{"too_large", "the file is larger than 10 MB"}
	// ErrTooMany means that a message has more than MaxAttachments.
	ErrTooMany = &Error{"too_many", "a message has at most 5 attachments; please send the others with another one"}
	// ErrNoUpload means that what is to be attached is not there: it was never
	// uploaded here, not to its end, more than UploadRetention ago, or it has been
	// sent before.
	ErrNoUpload = &Error{"no_upload", "an attachment is not there any more; please add it again"}
	// ErrAnswered means that another agent has answered while this one wrote.
	ErrAnswered = &Error{"answered", "another agent has answered meanwhile; look at that first"}
	// ErrNotResolved means that a rating is of a time it was resolved that is over,
	// or of before that was counted.
	ErrNotResolved = &Error{"not_resolved", "the conversation is not resolved, or was opened again meanwhile; it can be rated once it is"}
	// ErrCommentTooLong means that a rating's comment is longer than MaxComment
	// characters.
	ErrCommentTooLong = &Error{ErrTooLong.Code, "the comment is longer than 1,000 characters"}
	// ErrConflict means that what was to be created is there already.
	ErrConflict = &Error{"conflict", "this exists already"}
)

// ErrEnded means that a session has ended and can't be changed any more. For
// whoever asked that is ErrNoSession, which it wraps.
var ErrEnded = fmt.Errorf("%w: this one has ended", ErrNoSession)

// ErrSharedAddress means that an e-mail address alone names nobody, since
// several people have carried it.
var ErrSharedAddress = errors.New("several people have carried this e-mail address")

// ErrDamaged means that what is stored is not as it was written, or that less
// is there than was acknowledged. Whoever asked gets ErrUnavailable, which
// such an error wraps too: nothing is known to be absent.
var ErrDamaged = errors.New("the store is damaged")

// Reason returns the Error that err is or wraps. Any other failure is
// reported as ErrUnavailable: its text is for the log, not for a visitor.
func Reason(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return ErrUnavailable
}
