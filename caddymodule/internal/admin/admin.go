package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/caddymodule/internal/instance"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/export"
)

func init() {
	caddy.RegisterModule(new(Admin))
}

// Admin is the part of Caddy's admin API by which the command `chat` reaches
// the store of the server that runs: only that can open it.
//
//	GET  /chat/stats         what there is, as JSON (chat.Stats)
//	GET  /chat/backup        a backup, as a stream
//	POST /chat/personal-data what is held of a subject, as JSON
//	POST /chat/export        what is held of a subject, as a zip archive
//	POST /chat/erase         deletes that; what it was, as JSON
//	POST /chat/compact       rewrites the files; progress and outcome as lines of JSON
//	POST /chat/check         reads everything; progress and outcome as lines of JSON
//
// A subject is JSON with site (or none for all) and id, email or conversation.
type Admin struct{}

// CaddyModule returns the module's ID and constructor.
func (*Admin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.chat", New: func() caddy.Module { return new(Admin) }}
}

// Routes returns what the admin API answers.
func (*Admin) Routes() []caddy.AdminRoute {
	route := func(method, path string, handle func(http.ResponseWriter, *http.Request, *instance.Instance) error) caddy.AdminRoute {
		return caddy.AdminRoute{Pattern: path, Handler: caddy.AdminHandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			if r.Method != method {
				return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: fmt.Errorf("%s takes only %s", path, method)}
			}
			i, err := runningInstance()
			if err == nil {
				err = handle(w, r, i)
			}
			return apiError(err)
		})}
	}
	return []caddy.AdminRoute{
		route(http.MethodGet, "/chat/stats", adminStats),
		route(http.MethodGet, "/chat/backup", adminBackup),
		route(http.MethodPost, "/chat/personal-data", adminPersonalData),
		route(http.MethodPost, "/chat/export", adminExport),
		route(http.MethodPost, "/chat/erase", adminErase),
		route(http.MethodPost, "/chat/compact", adminCompact),
		route(http.MethodPost, "/chat/check", adminCheck),
	}
}

// ErrNoChat means that the server that runs has no chat.
var ErrNoChat = errors.New("the server's configuration has no chat")

// errCannot: not every storage can do everything.
var errCannot = errors.New("the configured storage can't do this")

// holder is the app that is configured.
type holder interface{ Instance() *instance.Instance }

// runningInstance returns what runs now: modules of the admin API exist before
// the configuration's apps.
func runningInstance() (*instance.Instance, error) {
	value, err := caddy.ActiveContext().AppIfConfigured("chat")
	if err != nil {
		return nil, ErrNoChat
	}
	return value.(holder).Instance(), nil
}

// apiError gives an error the status that fits it.
func apiError(err error) error {
	var already caddy.APIError
	status := http.StatusInternalServerError
	switch {
	case err == nil || errors.As(err, &already):
		return err
	case errors.Is(err, ErrNoChat) || errors.Is(err, chat.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, errCannot):
		status = http.StatusNotImplemented
	case errors.Is(err, chat.ErrBusy):
		status = http.StatusConflict
	case errors.Is(err, chat.ErrBadFrame):
		status = http.StatusBadRequest
	case errors.Is(err, chat.ErrUnavailable):
		status = http.StatusServiceUnavailable
	}
	return caddy.APIError{HTTPStatus: status, Err: err, Message: err.Error()}
}

func adminStats(w http.ResponseWriter, r *http.Request, i *instance.Instance) error {
	st, err := i.Open()
	if err != nil {
		return err
	}
	stats, err := st.Stats(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, stats)
}

func adminBackup(w http.ResponseWriter, r *http.Request, i *instance.Instance) error {
	st, err := i.Open()
	if err != nil {
		return err
	}
	b, ok := st.(chat.Backuper)
	if !ok {
		return errCannot
	}
	return stream(w, "application/octet-stream", func(w io.Writer) error { return b.Backup(r.Context(), w) })
}

func adminPersonalData(w http.ResponseWriter, r *http.Request, i *instance.Instance) error {
	_, found, err := subjectData(r, i)
	if err != nil {
		return err
	}
	return writeJSON(w, found)
}

func adminExport(w http.ResponseWriter, r *http.Request, i *instance.Instance) error {
	st, found, err := subjectData(r, i)
	if err != nil {
		return err
	}
	return stream(w, "application/zip", func(w io.Writer) error { return export.Write(r.Context(), w, st, found, time.Now()) })
}

func adminErase(w http.ResponseWriter, r *http.Request, i *instance.Instance) error {
	who, err := readSubject(r)
	if err != nil {
		return err
	}
	found, err := i.Service.Erase(r.Context(), who)
	if err != nil {
		return err
	}
	return writeJSON(w, found)
}

// ProgressLine is one line of the answer to what takes its time, such as
// compact: exactly one is set.
type ProgressLine[T any] struct {
	Progress *chat.Progress `json:"progress,omitempty"`
	Done     *T             `json:"done,omitempty"`
	Error    string         `json:"error,omitempty"`
}

func adminCompact(w http.ResponseWriter, r *http.Request, i *instance.Instance) error {
	st, err := i.Open()
	if err != nil {
		return err
	}
	c, ok := st.(chat.Compacter)
	if !ok {
		return errCannot
	}
	return inLines(w, r, c.Compact)
}

func adminCheck(w http.ResponseWriter, r *http.Request, i *instance.Instance) error {
	st, err := i.Open()
	if errors.Is(err, chat.ErrDamaged) {
		return inLines(w, r, i.CheckUnopened(err))
	}
	if err != nil {
		return err
	}
	c, ok := st.(chat.Checker)
	if !ok {
		return errCannot
	}
	return inLines(w, r, c.Check)
}

// inLines answers with lines as something goes on.
func inLines[T any](w http.ResponseWriter, r *http.Request, do func(context.Context, func(chat.Progress)) (T, error)) error {
	begun := false
	line := func(l ProgressLine[T]) {
		if !begun {
			w.Header().Set("Content-Type", "application/jsonlines")
			begun = true
		}
		_ = json.NewEncoder(w).Encode(l) // who does not listen need not be told
		_ = http.NewResponseController(w).Flush()
	}
	done, err := do(r.Context(), func(p chat.Progress) { line(ProgressLine[T]{Progress: &p}) })
	switch {
	case err != nil && !begun:
		return err
	case err != nil:
		line(ProgressLine[T]{Error: err.Error()})
	default:
		line(ProgressLine[T]{Done: &done})
	}
	return nil
}

// MaxSubject bounds the body of a request that names a subject, in bytes.
const MaxSubject = 16 << 10

func readSubject(r *http.Request) (chat.Subject, error) {
	var who chat.Subject
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, MaxSubject))
	d.DisallowUnknownFields()
	if err := d.Decode(&who); err != nil {
		return who, fmt.Errorf("%w: whom it is about: %w", chat.ErrBadFrame, err)
	}
	if !who.Valid() {
		return who, fmt.Errorf("%w: name somebody by exactly one of id, email and conversation", chat.ErrBadFrame)
	}
	return who, nil
}

// subjectData returns what is held of whom the request names.
func subjectData(r *http.Request, i *instance.Instance) (chat.Store, []chat.PersonalData, error) {
	who, err := readSubject(r)
	if err != nil {
		return nil, nil, err
	}
	st, err := i.Open()
	if err != nil {
		return nil, nil, err
	}
	found, err := st.PersonalData(r.Context(), who)
	if err == nil && len(found) == 0 {
		err = chat.ErrNotFound
	}
	return st, found, err
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// stream answers with what f writes. Where that fails in the middle the
// connection is cut, so that nobody takes it for the whole.
func stream(w http.ResponseWriter, contentType string, f func(io.Writer) error) error {
	w.Header().Set("Content-Type", contentType)
	counted := &countingWriter{w: w}
	err := f(counted)
	if err != nil && counted.n > 0 {
		instance.Logger().Error("an answer of the admin API was cut short", "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// countingWriter counts what is written.
type countingWriter struct {
	w io.Writer
	n int64
}

// Write writes and counts.
func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

var _ caddy.AdminRouter = (*Admin)(nil)
