// Package hours knows when a site's chat is answered: the opening hours of a week
// in a time zone, and the days on which it is closed.
package hours
