package caddymodule

import (
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/request"
	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/inject"
	"github.com/parley-chat/parley/internal/panics"
)

// ServeHTTP answers what is the widget's own, and passes all else on.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if h.app.asks && whoami.IsQuestion(r) {
		return next.ServeHTTP(w, r)
	}
	if len(h.app.guards) > 0 {
		restoreToken(r)
	}
	arrived := request.Original(r)
	if h.widget.Owns(arrived.URL.Path) {
		h.serveWidget(w, r, arrived.URL.Path)
		return nil
	}
	x := newExchange(h, r)
	defer x.release()
	decision, ok := x.begin(arrived)
	if !ok {
		return h.serveWithout(w, r, next)
	}
	iw := h.injector.Wrap(w, r, decision, x.onHeader)
	defer iw.Release()
	defer h.count(iw, x, h.debugURI(arrived))
	iw.HideTrailers(h.isEvidence)
	returned, finished := false, false
	defer func() {
		if !returned {
			iw.Interrupt() // as the site breaks off, so what came of it is shown
		}
		if !finished {
			h.strip(w.Header()) // of trailers, which may name who is signed in as well
		}
	}()
	if err := next.ServeHTTP(iw, r); err != nil {
		returned = true
		if !iw.Started() {
			iw.RestoreRequest()
			x.failed(w.Header())
			return err // the answer is made by handle_errors, outside of us
		}
		_ = iw.Abandon() // the handler's error is the one to report
		return err
	}
	if err := iw.Finish(); err != nil {
		// What was promised can't be kept: the client must see that the
		// response is not whole.
		panic(http.ErrAbortHandler)
	}
	returned, finished = true, true
	return nil
}

// serveWithout lets the site answer without us, where a bug of ours stands in
// the way. The evidence stays inside all the same.
func (h *Handler) serveWithout(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	h.counters.count(inject.Failed)
	defer func() { h.strip(w.Header()) }()
	return next.ServeHTTP(&stripper{&caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, h.strip, false}, r)
}

// debugURI returns the address that was asked for if there are debug log
// lines, before anyone behind us changes it, and else an empty string.
func (h *Handler) debugURI(arrived *http.Request) string {
	if !h.log.Enabled(arrived.Context(), slog.LevelDebug) {
		return ""
	}
	return arrived.URL.RequestURI()
}

// count counts what became of a response, and says it in a debug log line.
func (h *Handler) count(iw *inject.Writer, x *exchange, uri string) {
	reason := iw.Reason()
	h.counters.count(reason)
	if uri != "" {
		h.log.Debug("response", "uri", uri, "tag", reason.String(), "evidence", x.noted.String())
	}
}

// serveWidget answers the widget. A bug in it ends this answer and nothing else.
func (h *Handler) serveWidget(w http.ResponseWriter, r *http.Request, path string) {
	defer panics.Log(h.log, "answering the widget")
	h.strip(w.Header()) // of what a directive outside may have set
	h.widget.ServeHTTP(w, r, path)
}
