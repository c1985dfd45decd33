// Package replytime remembers how long visitors have waited for answers lately, and
// says what is usual.
package replytime
