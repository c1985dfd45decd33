package limits

import "hash/maphash"

// Caller is who asks, as hashes of fixed size. The zero value is nobody, from
// nowhere.
type Caller struct {
	// Network stands for the network that the request comes from.
	Network uint64
	// Session stands for the session's token; it counts only with HasSession.
	Session    uint64
	HasSession bool
	// Local means that the address is this machine's, or not known. It may be
	// that of a proxy with everybody behind it.
	Local bool
}

// Caller names who asks, by a network address and a session's token, which may
// both be empty.
func (l *Limits) Caller(address, token string) Caller {
	if l == nil {
		return Caller{}
	}
	return Caller{Local: IsLocal(address), HasSession: token != "",
		Network: maphash.Comparable(l.seed, Network(address)), Session: maphash.String(l.seed, token)}
}

// times is a rate for what comes from a caller's address.
func (c Caller) times(r rate) rate {
	if c.Local {
		return rate{r.burst * localFactor, r.every / localFactor}
	}
	return r
}
