package console

import (
	"context"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// maxFieldPages is how many pages of the listing one question looks through for
// those with a field: some hundred conversations. The console asks on from there.
const maxFieldPages = 10

// fieldFilter picks conversations whose verified profile has a further field
// with exactly this value.
type fieldFilter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (f *fieldFilter) matches(c *chat.Conversation) bool {
	value, ok := c.Profile.Fields[f.Name]
	return ok && value == f.Value
}

// inbox answers the console's question for a page of conversations.
func (d *socket) inbox(ctx context.Context, f deskFrame) (any, error) {
	q, err := d.inboxQuery(f)
	if err != nil {
		return nil, err
	}
	list, next, err := d.listed(ctx, q, f.Field)
	if err != nil {
		return nil, err
	}
	frame := inboxFrame{T: "inbox", Conversations: make([]summaryFrame, len(list)), Next: next,
		Status: f.Status, Assignee: f.Assignee, Label: f.Label, Field: f.Field, Site: f.Site, Search: f.Search, Cursor: f.Cursor}
	for i, c := range list {
		frame.Conversations[i] = newSummary(c, d.hub())
	}
	return frame, nil
}

func (d *socket) inboxQuery(f deskFrame) (chat.InboxQuery, error) {
	q := chat.InboxQuery{Label: f.Label, Site: f.Site, Search: f.Search, Cursor: f.Cursor}
	switch f.Status {
	case "open", "resolved":
		q.Status = chat.Status(f.Status)
	case "all", "":
	default:
		return q, fmt.Errorf("%w: status is open, resolved or all", chat.ErrBadFrame)
	}
	switch {
	case f.Assignee == "":
	case f.Assignee == "me":
		q.Assignee = &d.desk.Agent.Email
	case f.Assignee == "none":
		q.Assignee = new(string)
	case strings.Contains(f.Assignee, "@"):
		q.Assignee = &f.Assignee
	default:
		return q, fmt.Errorf("%w: assignee is me, none or an e-mail address", chat.ErrBadFrame)
	}
	return q, nil
}

// listed returns a page of the inbox, of those with a field if one is given.
// The store does not list by field: of one page after another what has it is
// kept, until something is found or enough was looked at. A search looks through
// as much as one question may by itself.
func (d *socket) listed(ctx context.Context, q chat.InboxQuery, field *fieldFilter) ([]chat.Conversation, string, error) {
	for pages := 1; ; pages++ {
		list, next, err := d.desk.Inbox(ctx, q)
		if err != nil || field == nil {
			return list, next, err
		}
		found := list[:0]
		for _, c := range list {
			if field.matches(&c) {
				found = append(found, c)
			}
		}
		if len(found) > 0 || next == "" || pages == maxFieldPages || q.Search != "" {
			return found, next, nil
		}
		q.Cursor = next
	}
}
