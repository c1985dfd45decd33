// Package agents has those who answer visitors, as they are configured, and
// checks their passwords.
package agents
