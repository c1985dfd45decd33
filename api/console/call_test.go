package console

import (
	"errors"
	"testing"

	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/service"
)

// role is a directory in which everybody has one role.
type role struct {
	chat.Agents
	chat.Role
}

func (r role) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	return chat.AgentInfo{Email: email, Role: r.Role}, chat.Hash{}, email != ""
}

// What is for admins counts by the role that an agent has now, also on a
// connection that was opened with another one.
func TestOperationsOfAdminsAreForAdmins(t *testing.T) {
	for _, test := range []struct {
		email   string
		role    chat.Role
		who     operation.Who
		allowed bool
	}{
		{"anna@example.com", chat.RoleAdmin, operation.Admin, true},
		{"anna@example.com", chat.RoleAgent, operation.Admin, false},
		{"anna@example.com", chat.RoleAgent, operation.Agent, true},
		{"", chat.RoleAdmin, operation.Admin, false},
	} {
		c := &Call{handler: &Handler{Agents: role{Role: test.role}}, desk: &service.Desk{Agent: chat.AgentInfo{Email: test.email, Role: chat.RoleAdmin}}}
		if err := c.authorize(test.who); test.allowed != (err == nil) || err != nil && !errors.Is(err, chat.ErrForbidden) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}
