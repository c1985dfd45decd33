package frame

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/chat"
)

// Failure tells a browser what went wrong. Widget and console say it by the code,
// in words of their own; the text is English and for whoever writes programs.
// CID and Conv say what it is about, as far as that is known.
type Failure struct {
	T     string    `json:"t" enum:"error"`
	Code  ErrorCode `json:"code"`
	Text  string    `json:"text"`
	CID   string    `json:"cid,omitempty"`
	Conv  string    `json:"conv,omitempty"`
	Retry int       `json:"retry,omitempty"` // seconds
}

// ErrorCode is the Code of a chat.Error in a Failure: one of ErrorCodes.
type ErrorCode string

// ErrorCodes returns the codes that a Failure may have, each once. The texts of
// widget and console have a sentence for each (widget/texts/en/errors.ts).
func ErrorCodes() []ErrorCode {
	var codes []ErrorCode
	for _, e := range []*chat.Error{
		chat.ErrUnavailable, chat.ErrNoSession, chat.ErrNotFound, chat.ErrEmpty, chat.ErrTooLong, chat.ErrBadFrame,
		chat.ErrForbidden, chat.ErrRateLimited, chat.ErrBadToken, chat.ErrTooLarge, chat.ErrTooMany, chat.ErrNoUpload,
		chat.ErrConflict, chat.ErrTooManyUnsent, ErrForeignOrigin, ErrBadContentType, ErrBadMethod, ErrFrameTooLarge,
		ErrUnknownFrame, ErrWrongLogin, ErrSignedOut, ErrCutOff, ErrTooManyOpen, chat.ErrAnswered, chat.ErrNotResolved,
	} {
		codes = append(codes, ErrorCode(e.Code))
	}
	return codes
}

// NewFailure describes an error without telling what is not for visitors.
func NewFailure(err error) Failure {
	e := chat.Reason(err)
	f := Failure{T: "error", Code: ErrorCode(e.Code), Text: e.Text}
	if e != chat.ErrUnavailable {
		f.Text = err.Error() // it may be wrapped with a detail for who asked
	}
	var limited *limits.Exceeded
	if errors.As(err, &limited) {
		f.Retry = int(limited.Retry/time.Second) + 1
	}
	return f
}

// Weight is about how many bytes the frame keeps in memory.
func (e Failure) Weight() int { return len(e.Text) + len(e.CID) + len(e.Conv) }

// Failures of the protocol itself.
var (
	ErrForeignOrigin  = &chat.Error{Code: "foreign_origin", Text: "this must be asked from a page of the same origin"}
	ErrBadContentType = &chat.Error{Code: "bad_content_type", Text: "the body has the wrong Content-Type"}
	ErrBadMethod      = &chat.Error{Code: "bad_method", Text: "this method is not for this address"}
	ErrFrameTooLarge  = &chat.Error{Code: "frame_too_large", Text: "this is larger than 64 KB"}
	ErrUnknownFrame   = &chat.Error{Code: "unknown_frame", Text: "there is no such operation"}
	ErrWrongLogin     = &chat.Error{Code: "wrong_credentials", Text: "the e-mail address or the password is wrong"}
	ErrSignedOut      = &chat.Error{Code: "signed_out", Text: "you are signed out; please sign in again"}
	// ErrTooManyOpen means that a console follows as many conversations as it may.
	ErrTooManyOpen = &chat.Error{Code: "too_many_open", Text: "too many conversations are open; leave another one first"}
	// ErrCutOff means that a file did not come to its end.
	ErrCutOff = &chat.Error{Code: "cut_off", Text: "the file did not arrive whole; please send it again"}
)

// Subject is what an error is about, as the request named it.
type Subject struct {
	CID  string `json:"cid"`
	Conv string `json:"conv"`
}

// SubjectOf returns the subject of a request, as far as it can be read.
func SubjectOf(body []byte) (s Subject) {
	_ = json.Unmarshal(body, &s) // what was read is kept
	return s
}
