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

// Open is how long the first to ask wait for the store to be opened. A disk that
// hangs must not hold up the sites for longer.
var Open = time.Second

// Leave is how long connections have to take their leave when the server goes: who
// stops it does not wait for somebody's dead network.
var Leave = 1500 * time.Millisecond

// Heartbeat is how often each socket is asked for a sign of life, and whether its
// right to the chat still holds. Some proxies close idle connections after a
// minute.
var Heartbeat = 25 * time.Second

// Silence is after how long without a sign of life the other end of a socket is
// gone: two heartbeats and a bit.
var Silence = Heartbeat * 12 / 5

// Search is how long one page of a search looks for more: whoever asks may have
// typed on meanwhile.
var Search = 200 * time.Millisecond

// Disk is how long a write may wait for the disk before new changes are refused at
// once.
var Disk = 2 * time.Second
