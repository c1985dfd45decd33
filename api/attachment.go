package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

func newAttachmentFrame(a chat.Attachment) attachmentFrame {
	return attachmentFrame{a.ID, a.Name, a.Type, a.Size}
}

func newAttachmentFrames(list []chat.Attachment) []attachmentFrame {
	frames := make([]attachmentFrame, len(list))
	for i, a := range list {
		frames[i] = newAttachmentFrame(a)
	}
	return frames
}

// inlineTypes are the files that a browser may show: images in which nothing
// can run. All others are a download of bytes, HTML, SVG and PDF among them.
var inlineTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// attachmentPolicy lets nothing run or load, should a browser ever show a file
// as a page.
const attachmentPolicy = "default-src 'none'; sandbox"

// serveAttachment sends a file.
func serveAttachment(w http.ResponseWriter, t *transfer, log *slog.Logger, a chat.Attachment, file io.Reader) {
	kind, disposition := "application/octet-stream", "attachment"
	if inlineTypes[a.Type] {
		kind, disposition = a.Type, "inline"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	h.Set("Content-Disposition", dispositionOf(disposition, a.Name))
	h.Set("Content-Security-Policy", attachmentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusOK)
	// What is cut off here is shorter than it said, which the browser sees.
	if _, err := io.Copy(t, file); err != nil {
		log.Debug("sending an attachment", "error", err)
	}
}

// dispositionOf returns a Content-Disposition with a file's name: in ASCII for
// whoever knows no better, and as it is (RFC 6266, section 4.3, and RFC 8187).
func dispositionOf(disposition, name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	encoded := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, disposition, plain, encoded)
}

// attachmentQuery asks for a file.
type attachmentQuery struct {
	Mark string              `json:"mark"` // a visitor's
	Conv chat.ConversationID `json:"conv"` // an agent's
	Seq  chat.Seq            `json:"seq"`
	ID   chat.AttachmentID   `json:"id"`
}

// readQuery reads what a POST asks for, and counts it.
func readQuery(w http.ResponseWriter, r *http.Request, secure bool, limits *Limits, c caller) (attachmentQuery, error) {
	var q attachmentQuery
	body, err := readPost(w, r, secure, func() error { return limits.take(kindAsk, c) })
	if err != nil {
		return q, err
	}
	return q, decode(body, &q)
}

// serveDownload answers a request for a file with the one that find returns, as
// long as it may be had, or with its error.
func serveDownload(w http.ResponseWriter, r *http.Request, live *Live, c caller, log *slog.Logger, may func(context.Context) error,
	find func(context.Context) (chat.Attachment, io.Reader, error)) {
	t, end, err := live.downloads.begin(w, r, c)
	if err != nil {
		refuse(w, err)
		return
	}
	defer end()
	a, file, err := find(t.ctx)
	if err != nil {
		logFailure(log, "attachment", err)
		refuse(w, err)
		return
	}
	t.may = may
	serveAttachment(w, t, log, a, file)
}

// attachment sends a visitor a file of their conversation.
func (wd *Widget) attachment(w http.ResponseWriter, r *http.Request) {
	secure := wd.Secure(r)
	token := wd.Cookies.Token(r, secure)
	c := wd.caller(r, token)
	q, err := readQuery(w, r, secure, wd.Limits, c)
	if err == nil {
		err = wd.probeVisit(w, r, token)
	}
	var v *service.Visit
	if err == nil {
		v, err = wd.enter(r, token, q.Mark)
	}
	if err != nil {
		logFailure(wd.Log, "attachment", err)
		refuse(w, err)
		return
	}
	serveDownload(w, r, wd.Live, c, wd.Log, visitorMay(v), func(ctx context.Context) (chat.Attachment, io.Reader, error) {
		return v.Attachment(ctx, q.Seq, q.ID)
	})
}

// attachment sends an agent a file of a conversation that they may see.
func (cs *Console) attachment(w http.ResponseWriter, r *http.Request) {
	c := cs.Limits.caller(cs.Address(r), cs.token(r))
	q, err := readQuery(w, r, cs.Secure(r), cs.Limits, c)
	var desk *service.Desk
	if err == nil {
		desk, err = cs.enter(r)
	}
	if err != nil {
		logFailure(cs.Log, "attachment", err)
		refuse(w, err)
		return
	}
	serveDownload(w, r, cs.Live, c, cs.Log, agentMay(desk), func(ctx context.Context) (chat.Attachment, io.Reader, error) {
		return desk.Attachment(ctx, q.Conv, q.Seq, q.ID)
	})
}

// enter returns the agent of a request.
func (cs *Console) enter(r *http.Request) (*service.Desk, error) {
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	desk, err := cs.Service.EnterDesk(ctx, cs.Agents, cs.token(r))
	if errors.Is(err, chat.ErrNoSession) {
		return nil, errSignedOut
	}
	return desk, err
}
