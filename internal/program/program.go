// Package program knows what the program is called, for messages that say what to
// run.
package program

// Name returns what the program is called. Whoever links packages that ask for it
// into another program may replace it, before anything else runs.
var Name = func() string { return "parley" }
