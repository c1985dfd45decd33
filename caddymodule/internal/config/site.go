package config

import (
	"fmt"
	"regexp"
	"strings"
)

// DefaultSite is the name of a site that was given none.
const DefaultSite = "default"

// siteName is what a site may be called: it becomes part of a cookie's name.
var siteName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// CheckSite checks what a site is called.
func CheckSite(name string) error {
	if !siteName.MatchString(name) {
		return fmt.Errorf("%q is no name for a site: use 1 to 32 lower-case letters, digits, - and _, beginning with a letter or digit", name)
	}
	if strings.HasSuffix(name, "-session") {
		return fmt.Errorf("%q is no name for a site: with -session at its end its cookies could be another site's; choose another end", name)
	}
	return nil
}

// CheckPrefix checks a URL path under which Parley answers.
func CheckPrefix(path string) error {
	if !strings.HasPrefix(path, "/") || path == "/" || strings.HasSuffix(path, "/") ||
		strings.Contains(path, "//") || strings.ContainsAny(path, "*?#%\\\"'<>;, ") || strings.Contains(path, "/.") {
		return fmt.Errorf("%q is no path for this: it begins with a slash, ends without one and has only plain characters, such as /_chat", path)
	}
	return nil
}

// Nested reports whether one of two prefixes lies within the other.
func Nested(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}
