// Package transport carries what visitors and agents say and are told: answers
// to POST requests, WebSockets with their heartbeat, and files in both
// directions. It knows nothing of what is said.
package transport
