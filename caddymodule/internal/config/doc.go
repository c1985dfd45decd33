// Package config has what all parts of the configuration are read and checked
// with.
package config
