// Package timeouts has times that tests have to change: what bounds how long sites
// and operators wait for the store, for tests of what is decided on machines that
// may be busy, and what is checked now and then.
package timeouts

import "time"

// Evidence bounds how long a response waits for the store when who is signed in
// changes; on all others it does not wait.
var Evidence = 2 * time.Second

// Stop is how long the end of a server may take in all. A store that works is
// settled and closed within; who stops the server does not wait for a broken
// disk. It is longer than visitors have to take their leave.
var Stop = 2 * time.Second

// Heartbeat is how often each socket is asked for a sign of life, and whether its
// right to the chat still holds. Some proxies close idle connections after a
// minute.
var Heartbeat = 25 * time.Second
