// Package chat is the domain of Parley: who a visitor is, which conversation
// is theirs, what was said in it and who may read it.
//
// It knows nothing of HTTP, of Caddy or of a database. Package api speaks to
// browsers for it, implementations of Store keep what it decides, and whoever
// embeds it gives it the proxy's evidence of who is signed in.
package chat
