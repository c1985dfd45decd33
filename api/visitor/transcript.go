package visitor

import (
	"context"
	"regexp"
	"time"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat/export"
	"github.com/parley-chat/parley/chat/service"
)

// TranscriptRequest asks for the whole conversation.
type TranscriptRequest struct {
	TabSecret string `json:"mark,omitempty"`
	Language  string `json:"language,omitempty"`
	Zone      string `json:"zone,omitempty"`
}

// transcript sends a visitor their conversation.
func (c *Call) transcript() {
	h := c.handler
	var q TranscriptRequest
	v, err := c.readQuestion(&q, &q.TabSecret)
	if err == nil { // strangers must not use up what those may who share an address
		err = h.Limits.Take(limits.Transcript, c.caller)
	}
	var t export.Transcript
	if err == nil {
		t, err = c.newTranscript(v, q)
	}
	if err != nil {
		h.logFailure("transcript", err)
		transport.Refuse(c.w, err)
		return
	}
	h.Connections.ServeDocument(c.w, c.r, c.caller, transport.Document{
		Op: "transcript", Name: "chat " + time.Now().In(t.Zone).Format(time.DateOnly) + ".html",
		Check: check(v), Write: t.Write, Log: h.Log})
}

func (c *Call) newTranscript(v *service.Visit, q TranscriptRequest) (export.Transcript, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), transport.StoreTimeout)
	defer cancel()
	thread, conversation, err := v.Thread(ctx)
	if err != nil {
		return export.Transcript{}, err
	}
	t := export.Transcript{Zone: zone(q.Zone), Last: conversation.Last, After: thread.Later}
	if c.handler.Words != nil {
		t.Words = c.handler.Words(q.Language)
	}
	return t, nil
}

// zoneName is what browsers call a time zone. Beside these, the database has names
// for what the server is set to, such as localtime and posix/localtime.
var zoneName = regexp.MustCompile(`^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)(?:/[A-Z][A-Za-z0-9_+-]*){1,2}$`)

// zone returns a time zone by its name; UTC where there is none of this name. The
// server's own is nobody's business.
func zone(name string) *time.Location {
	if len(name) <= len("America/Argentina/ComodRivadavia") && zoneName.MatchString(name) {
		if z, err := time.LoadLocation(name); err == nil {
			return z
		}
	}
	return time.UTC
}
