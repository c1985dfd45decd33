// Package admin is the part of Caddy's admin API that looks after the store of
// the server that runs.
package admin
