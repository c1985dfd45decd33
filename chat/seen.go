package chat

// SeenByAgents returns up to which message some agent has looked, as their
// consoles showed it. It never goes back, whatever agents mark as unread, and an
// answer counts as a look.
func (c *Conversation) SeenByAgents() Seq { return max(c.AgentSeen, c.AgentRead) }

// see notes what an agent has looked at.
func (c *Conversation) see(ch Change) {
	if to := min(ch.Read, c.Last); ch.ReadBy == Agent && to > c.SeenByAgents() {
		c.AgentSeen = to
		c.Rev++
	}
}
