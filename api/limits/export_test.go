package limits

// MaxSessionSockets is maxSessionSockets.
const MaxSessionSockets = maxSessionSockets

// SessionBurst is what a session may do at once.
func SessionBurst(c Class) int { return rates[c].session.burst }

// AddressBurst is what an address may do at once.
func AddressBurst(c Class) int { return rates[c].address.burst }

// OpenSockets is how many counts of open sockets there are.
func (l *Limits) OpenSockets() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}
