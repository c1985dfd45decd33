// Package store has the guests of the namespace chat.storage.
package store
