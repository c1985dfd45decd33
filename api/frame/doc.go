// Package frame has the messages both sides exchange, visitors and agents: the
// parts of the protocol (docs/protocol.md) that widget and console share.
//
// Each frame is a JSON object whose t names it. In the types of frames that tag
// is the field T, and its struct tag enum lists the values that it may have.
// Fields that may be left out are marked omitempty.
package frame
