package agents

import (
	"fmt"
	"strings"

	"github.com/parley-chat/parley/caddymodule/internal/config"
	"github.com/parley-chat/parley/internal/program"
)

// ParseAgent reads an agent, whose address none of the others may have.
func ParseAgent(w *config.Block, others []*Agent) (*Agent, error) {
	source := config.Source(w.Dispenser)
	args := w.RemainingArgs()
	if len(args) != 2 {
		return nil, w.Errf("agent needs an e-mail address and a hash from `%s hash-password`", program.Name())
	}
	agent := &Agent{Email: args[0], Hash: args[1], Source: source}
	if !strings.Contains(agent.Email, "{") {
		email, err := cleanEmail(agent.Email)
		if err != nil {
			return nil, w.At(err)
		}
		for _, other := range others {
			if strings.EqualFold(other.Email, email) {
				return nil, w.Errf("duplicate agent %s; each e-mail address can have one", email)
			}
		}
		agent.Email = email
	}
	if !strings.Contains(agent.Hash, "{") {
		if _, err := hashModule(agent.Hash); err != nil {
			return nil, w.At(fmt.Errorf("agent %s: %w", agent.Email, err))
		}
	}
	inner := &config.Block{Dispenser: w.Dispenser}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if err := inner.Once(); err != nil {
			return nil, err
		}
		if err := agent.parseWord(inner); err != nil {
			return nil, err
		}
	}
	return agent, nil
}

func (a *Agent) parseWord(w *config.Block) error {
	switch w.Val() {
	case "name":
		return w.One(&a.Name)
	case "role":
		if err := w.One(&a.Role); err != nil {
			return err
		}
		_, err := parseRole(a.Role)
		return w.At(err)
	case "picture":
		return w.One(&a.Picture)
	case "sites":
		if err := w.Some(&a.Sites); err != nil {
			return err
		}
		for _, s := range a.Sites {
			if err := config.CheckSite(s); err != nil {
				return w.At(err)
			}
		}
		return nil
	}
	return w.Unknown("name", "picture", "role", "sites")
}
