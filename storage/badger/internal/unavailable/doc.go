// Package unavailable has the error of a store that can't do something now.
package unavailable
