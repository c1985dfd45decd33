package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/chat"
)

// maxFrame is the largest frame that is read, in bytes: a message of 4,000
// characters, escaped as badly as JSON allows, is well below.
const maxFrame = 64 << 10

// bodyTimeout is how long the body of a request may take, at most maxFrame long.
// By then the widget has given up itself.
const bodyTimeout = 15 * time.Second

// Post is a request that brings one frame and is answered with one.
type Post struct {
	Caller limits.Caller
	// Secure means that the browser's connection is HTTPS.
	Secure bool
	Log    *slog.Logger
	// Op is what the request asks for, for the log.
	Op string
	// Admit lets the request in before its body is read.
	Admit func() error
	// Handle returns the frame to answer with.
	Handle func(ctx context.Context, body []byte) (any, error)
}

// Serve answers the request.
func (p *Post) Serve(w http.ResponseWriter, r *http.Request) {
	body, err := ReadPost(w, r, p.Secure, p.Admit)
	if err != nil {
		Refuse(w, err)
		return
	}
	// A page that is left takes its requests back; what they asked for has
	// happened all the same, and everyone concerned must hear of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), StoreTimeout)
	defer cancel()
	frame, err := p.Handle(ctx, body)
	if err != nil {
		LogFailure(p.Log, p.Op, err)
		Refuse(w, err)
		return
	}
	answers.answer(w, p.Caller, frame)
}

// ReadPost checks that a request is a POST of JSON from a page of this origin
// and returns its body, of which nothing is read unless admit lets it in. What
// is refused before that costs neither memory nor a look into the store, and is
// not counted: a foreign page can make any browser send it.
func ReadPost(w http.ResponseWriter, r *http.Request, secure bool, admit func() error) ([]byte, error) {
	if err := checkPost(w, r, secure, "application/json"); err != nil {
		return nil, err
	}
	if err := admit(); err != nil {
		return nil, err
	}
	// The deadline remains where the body doesn't come, so that the server waits
	// no longer for it. A server that can't do that has bounds of its own.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFrame))
	if err == nil {
		_ = control.SetReadDeadline(time.Time{})
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, frame.ErrFrameTooLarge
	}
	if err != nil {
		return nil, chat.ErrBadFrame
	}
	return body, nil
}

// checkPost checks that a request is a POST of some media type from a page of
// this origin.
func checkPost(w http.ResponseWriter, r *http.Request, secure bool, mediaType string) error {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return frame.ErrBadMethod
	}
	if !sameOrigin(r, secure) {
		return frame.ErrForeignOrigin
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != mediaType {
		return fmt.Errorf("%w: it must be %s", frame.ErrBadContentType, mediaType)
	}
	return nil
}
