// Package caddymodule makes Parley a part of Caddy: the app "chat" with its
// agents and its store, the HTTP handlers "chat" and "chat_console", and the
// storage guest "chat.storage.badger". It is the package to name when building a
// Caddy with Parley in it. Only it and what is below it import Caddy.
package caddymodule
