package caddymodule

import (
	"cmp"

	"github.com/caddyserver/caddy/v2"

	_ "github.com/parley-chat/parley/caddymodule/internal/admin" // the module admin.api.chat
	"github.com/parley-chat/parley/caddymodule/internal/agents"
	_ "github.com/parley-chat/parley/caddymodule/internal/command" // the subcommand chat
	"github.com/parley-chat/parley/caddymodule/internal/identity"
	"github.com/parley-chat/parley/caddymodule/internal/store"
	"github.com/parley-chat/parley/caddymodule/internal/whoami"
	"github.com/parley-chat/parley/internal/program"
)

func init() {
	// As Caddy's own help does.
	program.Name = func() string { return cmp.Or(caddy.CustomBinaryName, "caddy") }
}

// What a configuration is written with, beside App, Handler and Console.
type (
	// Agent is someone who answers visitors.
	Agent = agents.Agent
	// Identity says where the proxy sees who is signed in.
	Identity = identity.Config
	// Token says which JSON Web Tokens count as evidence.
	Token = identity.Token
	// Probe is an endpoint of the application that tells who is signed in.
	Probe = whoami.Config
	// Badger is the storage guest chat.storage.badger.
	Badger = store.Badger
)

// What a module in the namespace chat.storage has to be.
type (
	// StoreOpener opens the store.
	StoreOpener = store.Opener
	// StoreChecker is a StoreOpener that can read a store that does not open.
	StoreChecker = store.Checker
)
