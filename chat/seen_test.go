package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/chat"
)

// What some agent has looked at is seen, and stays so; an answer is a look.
func TestSeenByAgents(t *testing.T) {
	var c chat.Conversation
	now := time.Now()
	say := func(side chat.Side) {
		c.Apply(chat.Change{Message: &chat.Draft{Author: chat.Author{Side: side}, Text: "x"}}, now)
	}
	read := func(side chat.Side, seq chat.Seq) { c.Apply(chat.Change{ReadBy: side, Read: seq}, now) }
	say(chat.Visitor)
	say(chat.Visitor)
	say(chat.Visitor)
	for _, step := range []struct {
		name string
		do   func()
		want chat.Seq
	}{
		{"before", func() {}, 0},
		{"the visitor looks", func() { read(chat.Visitor, 3) }, 0},
		{"an agent looks", func() { read(chat.Agent, 2) }, 2},
		{"another looks at less", func() { read(chat.Agent, 1) }, 2},
		{"an agent looks beyond the end", func() { read(chat.Agent, 9) }, 3},
		{"the visitor goes on", func() { say(chat.Visitor) }, 3},
		{"an agent answers", func() { say(chat.Agent) }, 5},
	} {
		step.do()
		if got := c.SeenByAgents(); got != step.want {
			t.Errorf("%s: %d, want %d", step.name, got, step.want)
		}
	}
	if old := (&chat.Conversation{AgentRead: 4}); old.SeenByAgents() != 4 {
		t.Errorf("a record of before: %d, want 4", old.SeenByAgents())
	}
}
