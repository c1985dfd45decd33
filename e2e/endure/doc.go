// Package endure has no code but tests: a real server in a process of its own,
// under load, that is killed, loses its power, is reloaded, stopped and left by
// thousands, while those who talk through it keep account of what it promised.
package endure
