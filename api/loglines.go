package api

import (
	"time"

	"github.com/parley-chat/parley/internal/loglimit"
)

// Log lines that strangers cause, in all consoles and sites of the process.
var (
	// wrongPasswords: bans by address are made from these lines, so that most
	// are there. Checking a password takes longer than writing one.
	wrongPasswords  = loglimit.Limit{Burst: 100, Every: time.Second / 5}
	signInsHeldBack = loglimit.Limit{Burst: 10, Every: 10 * time.Second}
	failures        = loglimit.Limit{Burst: 50, Every: time.Second}
)
