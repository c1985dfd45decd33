// Package transport carries the messages that visitors, agents and the server
// exchange: answers to POST requests, WebSockets with their heartbeat, and files
// in both directions. It knows nothing of what they say.
//
// The WebSockets are gorilla/websocket's for the memory that an idle one takes:
// 4.5 KB here, where one of coder/websocket was measured at 6.4 KB.
package transport
