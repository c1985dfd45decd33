package caddymodule

import (
	"fmt"
	"strings"
)

// parseAgent reads an agent, whose address none of the others may have.
func parseAgent(w *words, others []*Agent) (*Agent, error) {
	args := w.RemainingArgs()
	if len(args) != 2 {
		return nil, w.Err("agent needs an e-mail address and a hash from `caddy hash-password`")
	}
	agent := &Agent{Email: args[0], Hash: args[1]}
	if !strings.Contains(agent.Email, "{") {
		email, err := cleanEmail(agent.Email)
		if err != nil {
			return nil, w.at(err)
		}
		for _, other := range others {
			if strings.EqualFold(other.Email, email) {
				return nil, w.Errf("agent %s is there twice; each e-mail address can have one", email)
			}
		}
		agent.Email = email
	}
	if !strings.Contains(agent.Hash, "{") {
		if _, err := hashModule(agent.Hash); err != nil {
			return nil, w.at(fmt.Errorf("agent %s: %w", agent.Email, err))
		}
	}
	inner := &words{Dispenser: w.Dispenser}
	for nesting := w.Nesting(); w.NextBlock(nesting); {
		if err := inner.once(); err != nil {
			return nil, err
		}
		if err := agent.parseWord(inner); err != nil {
			return nil, err
		}
	}
	return agent, nil
}

func (a *Agent) parseWord(w *words) error {
	switch w.Val() {
	case "name":
		return w.one(&a.Name)
	case "role":
		if err := w.one(&a.Role); err != nil {
			return err
		}
		_, err := parseRole(a.Role)
		return w.at(err)
	case "sites":
		if err := w.some(&a.Sites); err != nil {
			return err
		}
		for _, s := range a.Sites {
			if err := checkSite(s); err != nil {
				return w.at(err)
			}
		}
		return nil
	}
	return w.unknown("name", "role", "sites")
}
