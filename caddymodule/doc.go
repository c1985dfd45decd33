// Package caddymodule makes Parley a part of Caddy: the app "chat" with its
// agents and its store, the HTTP handlers "chat" and "chat_console", and the
// storage guest "chat.storage.badger". It is the only package that imports
// Caddy, and the one to name when building a Caddy with Parley in it.
package caddymodule
