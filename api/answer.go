package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/loglimit"
)

// maxFrame is the largest frame that is read, in bytes: a message of 4,000
// characters, escaped as badly as JSON allows, is well below.
const maxFrame = 64 << 10

// bodyTime is how long the body of a request may take, at most maxFrame long. By
// then the widget has given up itself.
const bodyTime = 15 * time.Second

// Failures of the protocol itself.
var (
	errForeignOrigin  = &chat.Error{Code: "foreign_origin", Text: "this must be asked from a page of the same origin"}
	errBadContentType = &chat.Error{Code: "bad_content_type", Text: "the body has the wrong Content-Type"}
	errBadMethod      = &chat.Error{Code: "bad_method", Text: "this method is not for this address"}
	errTooLarge       = &chat.Error{Code: "too_large", Text: "this is larger than 64 KB"}
	errUnknownFrame   = &chat.Error{Code: "unknown_frame", Text: "there is no such kind of frame"}
	errWrongLogin     = &chat.Error{Code: "wrong_credentials", Text: "the e-mail address or the password is wrong"}
	errSignedOut      = &chat.Error{Code: "signed_out", Text: "you are signed out; please sign in again"}
)

// statusOf maps codes to HTTP. What is missing is 400; an ordinary answer is
// 200, because browsers log everything else as an error on the site's page.
var statusOf = map[string]int{
	"no_session": http.StatusOK, "signed_out": http.StatusOK,
	"unavailable": http.StatusServiceUnavailable,
	"empty":       http.StatusUnprocessableEntity, "bad_token": http.StatusOK, "too_long": http.StatusUnprocessableEntity,
	"too_many": http.StatusUnprocessableEntity, "no_upload": http.StatusUnprocessableEntity,
	"too_large": http.StatusRequestEntityTooLarge, "bad_content_type": http.StatusUnsupportedMediaType,
	"bad_method": http.StatusMethodNotAllowed, "foreign_origin": http.StatusForbidden,
	"not_found": http.StatusNotFound, "forbidden": http.StatusForbidden, "conflict": http.StatusConflict,
	"wrong_credentials": http.StatusUnauthorized, "rate_limited": http.StatusTooManyRequests,
}

// errorFrame tells a browser what went wrong.
type errorFrame struct {
	T     string `json:"t"`
	Code  string `json:"code"`
	Text  string `json:"text"`
	CID   string `json:"cid,omitempty"`
	Conv  string `json:"conv,omitempty"`
	Retry int    `json:"retry,omitempty"` // seconds
}

// newErrorFrame describes an error without telling what is not for visitors.
func newErrorFrame(err error) errorFrame {
	e := chat.Reason(err)
	f := errorFrame{T: "error", Code: e.Code, Text: e.Text}
	if e != chat.ErrUnavailable {
		f.Text = err.Error() // it may be wrapped with a detail for who asked
	}
	var limited *limitedError
	if errors.As(err, &limited) {
		f.Retry = int(limited.wait/time.Second) + 1
	}
	return f
}

// answer writes one frame.
func answer(w http.ResponseWriter, status int, frame any) {
	body, err := json.Marshal(frame)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"t":"error","code":"unavailable","text":""}`)
	}
	answerBody(w, status, body)
}

func answerBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the browser is gone: nobody is left to tell
}

// refuse writes an error.
func refuse(w http.ResponseWriter, err error) {
	f := newErrorFrame(err)
	status, ok := statusOf[f.Code]
	if !ok {
		status = http.StatusBadRequest
	}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.Retry))
	}
	answer(w, status, f)
}

// checkPost checks that a request is a POST of some media type from a page of
// this origin.
func checkPost(w http.ResponseWriter, r *http.Request, secure bool, mediaType string) error {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return errBadMethod
	}
	if !sameOrigin(r, secure) {
		return errForeignOrigin
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != mediaType {
		return fmt.Errorf("%w: it must be %s", errBadContentType, mediaType)
	}
	return nil
}

// readPost checks that a request is a POST of JSON from a page of this origin
// and returns its body, of which nothing is read unless admit lets it in. What
// is refused before that costs neither memory nor a look into the store, and is
// not counted: a foreign page can make any browser send it.
func readPost(w http.ResponseWriter, r *http.Request, secure bool, admit func() error) ([]byte, error) {
	if err := checkPost(w, r, secure, "application/json"); err != nil {
		return nil, err
	}
	if err := admit(); err != nil {
		return nil, err
	}
	// The deadline remains where the body doesn't come, so that the server waits
	// no longer for it. A server that can't do that has bounds of its own.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFrame))
	if err == nil {
		_ = control.SetReadDeadline(time.Time{})
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, chat.ErrBadFrame
	}
	return body, nil
}

// servePost answers one POST that admit lets in with the frame that handle
// returns, or with its error.
func servePost(w http.ResponseWriter, r *http.Request, c caller, secure bool, log *slog.Logger, kind string, admit func() error,
	handle func(ctx context.Context, body []byte) (any, error)) {
	body, err := readPost(w, r, secure, admit)
	if err != nil {
		refuse(w, err)
		return
	}
	// A page that is left takes its requests back; what they asked for has
	// happened all the same, and everyone concerned must hear of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTime)
	defer cancel()
	frame, err := handle(ctx, body)
	if err != nil {
		logFailure(log, kind, err)
		refuse(w, err)
		return
	}
	answers.answer(w, c, frame)
}

// logFailure logs what is not the asker's doing. That the store is away is
// logged by whoever opens it, once.
func logFailure(log *slog.Logger, kind string, err error) {
	var known *chat.Error
	if !errors.As(err, &known) {
		failures.Log(log, slog.LevelError, "answering a frame", "frame", loglimit.Shorten(kind), "error", err)
	}
}
