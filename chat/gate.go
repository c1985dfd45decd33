package chat

import (
	"slices"
	"sync"
	"time"
)

// Bounds of what a gate remembers. Beyond them the oldest is forgotten. For a
// session that costs someone a second header of evidence; for a bar it lets
// evidence count again that a slow answer brings, of whom the proxy saw signed
// in when it asked.
const (
	// maxPending bounds sessions whose token no browser has sent back yet.
	maxPending = 4096
	// maxBars bounds logouts that responses on their way are held against.
	maxBars = 65536
	// pendingLife is how long an unpresented session is remembered.
	pendingLife = 10 * time.Minute
	// barLife is longer than any response takes that was asked for before.
	barLife = time.Hour
	// joinTime is how long evidence without a cookie joins the session that
	// the same client just got: a page and its parallel calls.
	joinTime = 10 * time.Second
)

// gate holds what decides for a short while who a response is for, and is
// never stored: sessions that evidence made and no browser has shown yet, and
// logouts that slow responses must not undo.
type gate struct {
	mu      sync.Mutex
	pending map[Hash]*pendingSession
	byID    map[SessionID]*pendingSession
	joins   map[join]*pendingSession
	order   []*pendingSession
	bars    map[barKey]*bar
	barlist []barKey
	dead    map[Hash]struct{}
	ends    map[SessionID]SessionEnd
}

// pendingSession is a session that is not stored yet.
type pendingSession struct {
	session Session
	profile Profile
	token   string
	hash    Hash
	join    join
	stored  bool
	saving  sync.Mutex // held while it is being stored or ended
}

// join is what parallel responses to one browser have in common.
type join struct{ site, client, person string }

// barKey names what a logout bars: a session, or a client's evidence of one
// person, or, where no session was known, all of a client's evidence.
type barKey struct {
	session SessionID
	join
}

// bar is a logout under way, or done.
type bar struct {
	running int
	done    time.Time
}

func newGate() *gate {
	return &gate{pending: map[Hash]*pendingSession{}, byID: map[SessionID]*pendingSession{},
		joins: map[join]*pendingSession{}, bars: map[barKey]*bar{}, dead: map[Hash]struct{}{},
		ends: map[SessionID]SessionEnd{}}
}

// remember adds a session that has been announced to a browser.
func (g *gate) remember(p *pendingSession, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.order) > 0 && (len(g.order) >= maxPending || now.Sub(g.order[0].session.Created) > pendingLife) {
		g.forgetLocked(g.order[0])
		g.order = g.order[1:]
	}
	g.pending[p.hash], g.byID[p.session.ID], g.joins[p.join] = p, p, p
	g.order = append(g.order, p)
}

func (g *gate) forgetLocked(p *pendingSession) {
	delete(g.pending, p.hash)
	delete(g.byID, p.session.ID)
	if g.joins[p.join] == p {
		delete(g.joins, p.join)
	}
}

// byToken returns the unstored session that a token opens, or nil.
func (g *gate) byToken(h Hash) *pendingSession {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pending[h]
}

// unseen returns all sessions that may be unstored.
func (g *gate) unseen() []*pendingSession {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.order)
}

func (g *gate) byName(id SessionID) *pendingSession {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.byID[id]
}

// joinable returns the session that evidence without a cookie joins, or nil.
func (g *gate) joinable(j join, now time.Time) *pendingSession {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.joins[j]
	if p == nil || now.Sub(p.session.Created) > joinTime {
		return nil
	}
	return p
}

// leave takes the session out of those that can be joined.
func (g *gate) leave(p *pendingSession) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.joins[p.join] == p {
		delete(g.joins, p.join)
	}
}

// raise bars evidence under a key until lower is called for it.
func (g *gate) raise(k barKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.bars[k]
	if b == nil {
		b = &bar{}
		g.bars[k] = b
		g.barlist = append(g.barlist, k)
	}
	b.running++
}

// lower ends raise: from now on only requests that arrived before are barred.
func (g *gate) lower(keys []barKey, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, k := range keys {
		if b := g.bars[k]; b != nil {
			b.running--
			b.done = now
		}
	}
	// The oldest go when they are old, or too many; never one that is running.
	for len(g.barlist) > 0 {
		oldest := g.bars[g.barlist[0]]
		if oldest.running > 0 || now.Sub(oldest.done) <= barLife && len(g.barlist) <= maxBars {
			break
		}
		delete(g.bars, g.barlist[0])
		g.barlist = g.barlist[1:]
	}
}

// barred reports whether a logout forbids to believe evidence that a request
// brought which arrived then.
func (g *gate) barred(arrived time.Time, keys ...barKey) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, k := range keys {
		if b := g.bars[k]; b != nil && (b.running > 0 || !arrived.After(b.done)) {
			return true
		}
	}
	return false
}

// hold keeps the end of a session that could not be stored.
func (g *gate) hold(id SessionID, how SessionEnd) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, held := g.ends[id]; !held && len(g.ends) < maxBars {
		g.ends[id] = how
	}
}

// release ends hold: the end is stored now.
func (g *gate) release(id SessionID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.ends, id)
}

// held returns how a session has ended whose end is not stored.
func (g *gate) held(id SessionID) (SessionEnd, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	how, held := g.ends[id]
	return how, held
}

// kill makes a token worthless whose logout could not be stored, because the
// store could not say which session it opens.
func (g *gate) kill(token Hash) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.dead) < maxBars {
		g.dead[token] = struct{}{}
	}
}

// buried ends kill: the logout is stored now.
func (g *gate) buried(token Hash) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.dead, token)
}

// isDead reports whether kill was called for the token.
func (g *gate) isDead(token Hash) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, dead := g.dead[token]
	return dead
}
