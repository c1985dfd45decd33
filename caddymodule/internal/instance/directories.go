package instance

import (
	"slices"
	"sync"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/caddymodule/internal/agents"
	"github.com/parley-chat/parley/chat"
)

// directories are chat.Agents, by the configuration that runs now: a socket that
// outlived a reload must not know agents who were taken out.
type directories struct {
	limits *limits.Limits

	mu  sync.Mutex
	all []*agents.Directory // of the configurations that run; the last one counts
}

// AddAgents makes the agents of a configuration, and whether it has limits,
// count until RemoveAgents.
func (d *directories) AddAgents(added *agents.Directory) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, added)
	d.limits.Enable(!added.Unlimited)
}

// RemoveAgents gives way to the configuration that comes or was before.
func (d *directories) RemoveAgents(removed *agents.Directory) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = slices.DeleteFunc(d.all, func(other *agents.Directory) bool { return other == removed })
	if n := len(d.all); n > 0 {
		d.limits.Enable(!d.all[n-1].Unlimited)
	}
}

// configured reports whether a configuration runs.
func (d *directories) configured() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.all) > 0
}

// current returns the directory that counts.
func (d *directories) current() *agents.Directory {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) == 0 {
		return &agents.Directory{}
	}
	return d.all[len(d.all)-1]
}

// Agent returns an agent by e-mail address.
func (d *directories) Agent(email string) (chat.AgentInfo, chat.Hash, bool) {
	return d.current().Agent(email)
}

// Verify checks a password.
func (d *directories) Verify(email, password string) bool {
	return d.current().Verify(email, password)
}

// List returns all agents.
func (d *directories) List() []chat.AgentInfo { return d.current().List() }

var _ chat.Agents = (*Instance)(nil)
