package caddymodule

import "time"

// evidenceTime bounds how long a response waits for the store when who is
// signed in changes; on all others it does not wait.
var evidenceTime = 2 * time.Second

// stopTime is how long the end may take in all. A store that works is settled
// and closed within; who stops the server does not wait for a broken disk. It
// is longer than visitors have to take their leave.
var stopTime = 2 * time.Second
