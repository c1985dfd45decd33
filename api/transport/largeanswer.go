package transport

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/parley-chat/parley/api/limits"
)

const (
	// smallAnswer is the most that an answer takes without being counted, in
	// bytes: each is a request that is open.
	smallAnswer = 16 << 10
	// maxAnswers bounds what the larger answers take that wait for their
	// readers, in bytes, and maxNetworkAnswers what those of one network do.
	// Beyond it they are refused, with a time to ask again.
	maxAnswers        = 64 << 20
	maxNetworkAnswers = maxAnswers / 8
	// answerTimeout is how long the reader of a large answer has.
	answerTimeout = 30 * time.Second
	// answerRetry is how long to wait before asking again.
	answerRetry = 5 * time.Second
)

// largeAnswers counts answers that are being read. Nothing else bounds what
// readers who don't read keep in memory. With several nodes each counts its own,
// which is harmless: what is bounded is its memory.
type largeAnswers struct {
	mu        sync.Mutex
	all       int
	byNetwork map[uint64]int // only those of which something is being read: no more than there are requests
}

// answers are those of all sites.
var answers = largeAnswers{byNetwork: map[uint64]int{}}

// answer writes a frame that may be large.
func (la *largeAnswers) answer(w http.ResponseWriter, c limits.Caller, frame any) {
	body, err := json.Marshal(frame)
	switch {
	case err != nil:
		answer(w, http.StatusOK, frame) // says so
		return
	case len(body) <= smallAnswer:
		answerBody(w, http.StatusOK, body)
		return
	}
	if !la.reserve(c, len(body)) {
		Refuse(w, &limits.Exceeded{Retry: answerRetry})
		return
	}
	defer la.release(c, len(body))
	// What cannot be bounded so is bounded by the server, if by anything.
	control := http.NewResponseController(w)
	if control.SetWriteDeadline(time.Now().Add(answerTimeout)) == nil {
		defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection goes on with the site's answers
	}
	answerBody(w, http.StatusOK, body)
	_ = control.Flush() // as far as that is held up, too
}

// reserve asks for the memory of an answer. Who comes from this machine may be all
// visitors, behind a proxy that Caddy was not told of.
func (la *largeAnswers) reserve(c limits.Caller, size int) bool {
	la.mu.Lock()
	defer la.mu.Unlock()
	if la.all+size > maxAnswers || !c.Local && la.byNetwork[c.Network]+size > maxNetworkAnswers {
		return false
	}
	la.all += size
	la.byNetwork[c.Network] += size
	return true
}

// release gives it back.
func (la *largeAnswers) release(c limits.Caller, size int) {
	la.mu.Lock()
	defer la.mu.Unlock()
	la.all -= size
	if la.byNetwork[c.Network] -= size; la.byNetwork[c.Network] <= 0 {
		delete(la.byNetwork, c.Network)
	}
}
