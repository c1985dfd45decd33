// Package api speaks HTTP and WebSocket with the two browsers' ends of Parley,
// the widget and the agents' console, on behalf of package chat. What is said
// is written down in docs/protocol.md.
package api
