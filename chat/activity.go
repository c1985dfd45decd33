package chat

import "time"

// ActivityKind is what was done with a conversation.
type ActivityKind string

const (
	// ActivityAssigned: it was given to an agent, or taken off one.
	ActivityAssigned ActivityKind = "assigned"
	// ActivityResolved: an agent was done with it.
	ActivityResolved ActivityKind = "resolved"
	// ActivityReopened: an agent, or the visitor's next message, opened it again.
	ActivityReopened ActivityKind = "reopened"
	// ActivityRated: the visitor said what they thought of it.
	ActivityRated ActivityKind = "rated"
)

// Activity is what somebody did with a conversation between two messages. It is
// for agents: visitors see none but their own ratings, and it has no number among
// the messages.
type Activity struct {
	Kind ActivityKind `json:"kind"`
	Time time.Time    `json:"time"`
	By   Author       `json:"by"`
	// To is the e-mail address of the agent to whom it was assigned; empty for
	// nobody.
	To string `json:"to,omitempty"`
	// Score and Comment are those of a Rating.
	Score   int    `json:"score,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// maxActivities is how many are kept since the last message, the newest ones: a
// conversation's record is written anew with each change.
const maxActivities = 50

// note adds an activity behind the last message.
func (c *Conversation) note(a Activity) {
	c.Activities = append(c.Activities[:len(c.Activities):len(c.Activities)], a)
	if over := len(c.Activities) - maxActivities; over > 0 {
		c.Activities = c.Activities[over:]
	}
}

// changeStatus sets the status and notes who did.
func (c *Conversation) changeStatus(status Status, by Author, at time.Time) {
	if status == c.Status {
		return
	}
	c.Status = status
	kind := ActivityReopened
	if status == Resolved {
		kind = ActivityResolved
		c.Resolves++
		c.Waiting = time.Time{}
	}
	if by.Side != "" {
		c.note(Activity{Kind: kind, Time: at, By: by})
	}
}

// assign sets the agent and notes who did.
func (c *Conversation) assign(agent string, by Author, at time.Time) {
	if agent == c.Assignee {
		return
	}
	c.Assignee = agent
	if by.Side == "" {
		return
	}
	c.note(Activity{Kind: ActivityAssigned, Time: at, By: by, To: agent})
	if agent != "" && by.ID != agent {
		c.handedTo(agent)
	}
}
