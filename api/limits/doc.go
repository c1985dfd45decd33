// Package limits holds back who asks for too much: by session and by network
// address (Limits), and who guesses agents' passwords (SignIns). Nothing in it
// decides who may read or write what, so that whatever it forgets costs at most
// that somebody may do a little more.
//
// With several nodes Limits counts on each for itself: whoever spreads their
// requests over all nodes may do as many times as much. That is no answer for
// passwords, whose tries have to count across nodes: see SignIns.
package limits
