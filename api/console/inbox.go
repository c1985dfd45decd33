package console

import (
	"context"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// inbox returns a page of conversations.
func inbox(ctx context.Context, c *Call, r Query) (Inbox, error) {
	q, err := r.parse(c.desk.Agent)
	if err != nil {
		return Inbox{}, err
	}
	var page chat.SearchPage
	if r.Field != nil || strings.TrimSpace(r.Search) != "" {
		page, err = c.desk.Search(ctx, q)
	} else {
		page.Conversations, page.Next, err = c.desk.Inbox(ctx, q)
	}
	if err != nil {
		return Inbox{}, err
	}
	answer := Inbox{T: "inbox", Conversations: make([]Summary, len(page.Conversations)), Next: page.Next, Query: r}
	for i, conversation := range page.Conversations {
		answer.Conversations[i] = newSummary(conversation, c.handler.Service.Hub(), c.desk.Agent.Email)
	}
	for _, hit := range page.Hits {
		answer.Hits = append(answer.Hits, Hit{hit.Conversation, hit.Seq, hit.Side, hit.Excerpt})
	}
	if !page.Reached.IsZero() {
		answer.Reached = page.Reached.UnixMilli()
	}
	return answer, nil
}

// parse returns the query as the store takes it, for an agent.
func (f *Query) parse(agent chat.AgentInfo) (chat.InboxQuery, error) {
	q := chat.InboxQuery{Label: f.Label, Site: f.Site, Search: f.Search, Cursor: f.Cursor}
	if f.Field != nil {
		q.Field = &chat.FieldFilter{Name: f.Field.Name, Value: f.Field.Value}
	}
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
