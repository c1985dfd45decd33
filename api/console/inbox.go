package console

import (
	"context"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// maxFieldPages is how many pages of the listing one question looks through for
// those with a field: some hundred conversations. The console asks on from there.
const maxFieldPages = 10

func (f *FieldFilter) matches(c *chat.Conversation) bool {
	value, ok := c.Profile.Fields[f.Name]
	return ok && value == f.Value
}

// inbox returns a page of conversations.
func inbox(ctx context.Context, c *Call, r Query) (Inbox, error) {
	q, err := r.parse(c.desk.Agent)
	if err != nil {
		return Inbox{}, err
	}
	list, next, err := find(ctx, c.desk, q, r.Field)
	if err != nil {
		return Inbox{}, err
	}
	answer := Inbox{T: "inbox", Conversations: make([]Summary, len(list)), Next: next, Query: r}
	for i, conversation := range list {
		answer.Conversations[i] = newSummary(conversation, c.handler.Service.Hub(), c.desk.Agent.Email)
	}
	return answer, nil
}

// parse returns the query as the store takes it, for an agent.
func (f *Query) parse(agent chat.AgentInfo) (chat.InboxQuery, error) {
	q := chat.InboxQuery{Label: f.Label, Site: f.Site, Search: f.Search, Cursor: f.Cursor}
	switch f.Status {
	case "open", "resolved":
		q.Status = chat.Status(f.Status)
	case "waiting":
		q.Status, q.Waiting = chat.Open, true
	case "all", "":
	default:
		return q, fmt.Errorf("%w: status is open, waiting, resolved or all", chat.ErrBadFrame)
	}
	switch {
	case f.Assignee == "":
	case f.Assignee == "me":
		q.Assignee = &agent.Email
	case f.Assignee == "none":
		q.Assignee = new(string)
	case strings.Contains(f.Assignee, "@"):
		q.Assignee = &f.Assignee
	default:
		return q, fmt.Errorf("%w: assignee is me, none or an e-mail address", chat.ErrBadFrame)
	}
	return q, nil
}

// find returns a page of the inbox, of those with a field if one is given.
// The store does not list by field: of one page after another what has it is
// kept, until something is found or enough was looked at. A search looks through
// as much as one question may by itself.
func find(ctx context.Context, desk *service.Desk, q chat.InboxQuery, field *FieldFilter) ([]chat.Conversation, string, error) {
	for pages := 1; ; pages++ {
		list, next, err := desk.Inbox(ctx, q)
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
