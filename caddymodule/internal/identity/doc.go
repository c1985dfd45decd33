// Package identity is what a configuration says of where the proxy sees who is
// signed in, and reads it there.
package identity
