package console

import (
	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/chat"
)

// Message is a message as agents see it.
type Message struct {
	frame.Message
	Agent  string     `json:"agent,omitempty"`  // the e-mail address of the agent who wrote it
	Before []Activity `json:"before,omitempty"` // what was done since the message before
}

// Activity is what somebody did with a conversation between two messages.
type Activity struct {
	Kind  chat.ActivityKind `json:"kind"`
	Time  int64             `json:"time"`            // milliseconds since 1970
	From  chat.Side         `json:"from"`            // system: the site said so
	Agent string            `json:"agent,omitempty"` // the e-mail address of the agent who did it
	Name  string            `json:"name,omitempty"`  // the agent's, as it was
	To    string            `json:"to,omitempty"`    // assigned: to whom, by e-mail address; empty for nobody
	// Of rated, 1 to 5, and what the visitor said to it.
	Score   int    `json:"score,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// weight is about how many bytes it keeps in memory.
func (m *Message) weight() int {
	return frame.MessagesWeight([]frame.Message{m.Message}) + activitiesWeight(m.Before)
}

func activitiesWeight(list []Activity) (n int) {
	for _, a := range list {
		n += frame.BaseWeight + len(a.Agent) + len(a.Name) + len(a.To) + len(a.Comment)
	}
	return n
}

func newMessage(m chat.Message) Message {
	f := Message{Message: frame.NewMessage(m, chat.Agent), Before: newActivities(m.Before)}
	if m.Author.Side == chat.Agent {
		f.Agent = m.Author.ID
	}
	return f
}

func newMessages(list []chat.Message) []Message {
	frames := make([]Message, len(list))
	for i, m := range list {
		frames[i] = newMessage(m)
	}
	return frames
}

func newActivities(list []chat.Activity) []Activity {
	frames := make([]Activity, len(list))
	for i, a := range list {
		frames[i] = Activity{Kind: a.Kind, Time: a.Time.UnixMilli(), From: a.By.Side, To: a.To, Score: a.Score, Comment: a.Comment}
		if a.By.Side == chat.Agent {
			frames[i].Agent, frames[i].Name = a.By.ID, a.By.Name
		}
	}
	return frames
}
