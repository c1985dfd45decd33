package instance

import (
	"net/http"
	"slices"
	"sync"

	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/caddymodule/internal/agents"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/chat/hub"
)

// directories are chat.Agents, by the configuration that runs now: a socket that
// outlived a reload must not know agents who were taken out.
type directories struct {
	limits *limits.Limits
	hub    *hub.Hub // of the agents' consoles

	mu  sync.Mutex
	all []*agents.Directory // of the configurations that run; the last one counts
}

// AddAgents makes the agents of a configuration, and whether it has limits,
// count until RemoveAgents.
func (d *directories) AddAgents(added *agents.Directory) {
	d.change(func() { d.all = append(d.all, added) })
}

// RemoveAgents gives way to the configuration that comes or was before.
func (d *directories) RemoveAgents(removed *agents.Directory) {
	d.change(func() {
		d.all = slices.DeleteFunc(d.all, func(other *agents.Directory) bool { return other == removed })
	})
}

// change changes the configurations. The open consoles of whoever is no longer
// an agent, has another password or sees other sites end at once. They come back,
// and then find who they are: a configuration that fails to start gives way to the
// one before. The other consoles hear that the agents are others. The hub is locked
// within d.mu here, so it must never call back.
func (d *directories) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.currentLocked()
	f()
	if len(d.all) == 0 {
		return // the server stops, or has failed to start
	}
	now := d.currentLocked()
	d.limits.Enable(!now.Unlimited)
	d.hub.PublishToChangedAgents(func(a chat.AgentInfo) chat.EventKind {
		_, was, _ := before.Agent(a.Email)
		info, is, ok := now.Agent(a.Email)
		if ok && was == is && info.Equal(a) {
			return 0
		}
		return chat.EventRestart
	})
	if !slices.EqualFunc(before.List(), now.List(), chat.AgentInfo.Equal) {
		d.hub.PublishToConsoles(chat.Event{Kind: chat.EventAgents})
	}
}

// inForce returns the directory that counts; nil where no configuration runs.
func (d *directories) inForce() *agents.Directory {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) == 0 {
		return nil
	}
	return d.all[len(d.all)-1]
}

// current returns the directory that counts.
func (d *directories) current() *agents.Directory {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.currentLocked()
}

func (d *directories) currentLocked() *agents.Directory {
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

// DeviceKey returns the secret with which an agent's devices are signed.
func (d *directories) DeviceKey(email string) chat.Hash { return d.current().DeviceKey(email) }

// Picture returns an agent's picture by its name; nil where there is none.
func (d *directories) Picture(name string) http.Handler { return d.current().Picture(name) }

// List returns all agents.
func (d *directories) List() []chat.AgentInfo { return d.current().List() }

var _ chat.Agents = (*Instance)(nil)
