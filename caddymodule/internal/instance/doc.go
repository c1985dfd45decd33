// Package instance is what runs once for each store, whatever the number of
// configurations: the store itself, the service over it, and the live connections.
package instance
