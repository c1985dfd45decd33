// Package api declares what the two browsers' ends of Parley, the widget and the
// agents' console, may ask for over HTTP and WebSocket. Its rooms:
//
//	operation  how an operation is declared
//	visitor    what visitors may do, and their sockets
//	console    what agents may do, and their sockets
//	frame      the messages both sides exchange
//	transport  POST requests, sockets and files
//	limits     who asks for too much
//	apitest    the API as browsers use it, for tests
//
// Imports run one way: api → {visitor, console} → {operation, transport} →
// frame → limits. How it is used is written down in docs/protocol.md.
package api
