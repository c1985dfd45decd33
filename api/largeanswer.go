package api

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
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
	// answerTime is how long the reader of a large answer has.
	answerTime = 30 * time.Second
	// answerWait is when it is worth to ask again.
	answerWait = 5 * time.Second
)

// largeAnswers counts answers that are being read. Nothing else bounds what
// readers who don't read keep in memory.
type largeAnswers struct {
	mu        sync.Mutex
	all       int
	byNetwork map[uint64]int // of which something is being read: no more than there are requests
}

// answers are those of all sites.
var answers = largeAnswers{byNetwork: map[uint64]int{}}

// answer writes a frame that may be large.
func (la *largeAnswers) answer(w http.ResponseWriter, c caller, frame any) {
	body, err := json.Marshal(frame)
	switch {
	case err != nil:
		answer(w, http.StatusOK, frame) // says so
		return
	case len(body) <= smallAnswer:
		answerBody(w, http.StatusOK, body)
		return
	}
	if !la.hold(c, len(body)) {
		refuse(w, &limitedError{answerWait})
		return
	}
	defer la.release(c, len(body))
	// What cannot be bounded so is bounded by the server, if by anything.
	control := http.NewResponseController(w)
	if control.SetWriteDeadline(time.Now().Add(answerTime)) == nil {
		defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection goes on with the site's answers
	}
	answerBody(w, http.StatusOK, body)
	_ = control.Flush() // as far as that is held up, too
}

// hold asks for the memory of an answer. Who comes from this machine may be all
// visitors, behind a proxy that Caddy was not told of.
func (la *largeAnswers) hold(c caller, size int) bool {
	la.mu.Lock()
	defer la.mu.Unlock()
	if la.all+size > maxAnswers || !c.local && la.byNetwork[c.address]+size > maxNetworkAnswers {
		return false
	}
	la.all += size
	la.byNetwork[c.address] += size
	return true
}

// release gives it back.
func (la *largeAnswers) release(c caller, size int) {
	la.mu.Lock()
	defer la.mu.Unlock()
	la.all -= size
	if la.byNetwork[c.address] -= size; la.byNetwork[c.address] <= 0 {
		delete(la.byNetwork, c.address)
	}
}
