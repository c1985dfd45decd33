package chat

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxEvidence is the longest id, e-mail address or other field that evidence
// may have, in bytes. A longer id is no id.
const MaxEvidence = 256

// Evidence is what the proxy saw of who is signed in on one response.
type Evidence struct {
	Profile Profile
	// Page is set where the response is a page that a person navigated to.
	Page bool
	// Whoami is set where it is the application's answer to the question who is
	// signed in.
	Whoami bool
}

// IDPrefix begins the key of a person who has an id.
const IDPrefix = "id:"

// Key returns the person that the evidence names, or an empty string for no one.
func (e Evidence) Key() string {
	switch {
	case e.Profile.ID != "":
		return IDPrefix + e.Profile.ID
	case e.Profile.Email != "":
		return "email:" + e.Profile.Email
	}
	return ""
}

// nobodyWords are values that applications send for visitors who are not
// signed in.
var nobodyWords = []string{"", "0", "-", "null", "undefined", "false", "none", "anonymous", "guest"}

// CleanIdentifier returns an id as evidence, or an empty string if the values
// name no one: none at all, several that differ, one over MaxEvidence bytes,
// one of which nothing can be seen, or one of the words for nobody (compared without regard to case) and the
// operator's own.
func CleanIdentifier(values, nobody []string) string {
	if len(values) == 0 {
		return ""
	}
	first := CleanField(values[0])
	for _, v := range values[1:] {
		if CleanField(v) != first {
			return ""
		}
	}
	// What can't be seen is taken out of what is shown, but not of an id: two
	// that differ in nothing else are two people's.
	if len(first) > MaxEvidence || CleanLine(first) == "" {
		return ""
	}
	is := func(word string) bool { return strings.EqualFold(word, first) }
	if slices.ContainsFunc(nobodyWords, is) || slices.ContainsFunc(nobody, is) {
		return ""
	}
	return first
}

// CleanEmail is CleanIdentifier for an e-mail address: in lower case too.
func CleanEmail(values, nobody []string) string {
	return strings.ToLower(CleanIdentifier(values, nobody))
}

// CleanField returns a value of evidence as text: trimmed, and read as Latin-1
// where it is not UTF-8, since HTTP header fields may be either (RFC 9110,
// section 5.5).
func CleanField(v string) string {
	if !utf8.ValidString(v) {
		runes := make([]rune, len(v))
		for i := range len(v) {
			runes[i] = rune(v[i])
		}
		v = string(runes)
	}
	return strings.TrimSpace(v)
}

// cutField is CleanLine of CleanField, cut to MaxEvidence bytes at the end of a
// character: a field that only describes is better short than absent.
func cutField(v string) string {
	v = CleanLine(CleanField(v))
	if len(v) <= MaxEvidence {
		return v
	}
	cut := MaxEvidence
	for cut > 0 && !utf8.RuneStart(v[cut]) {
		cut--
	}
	return strings.Clone(v[:cut]) // without the rest, however long that is
}

// DescribeField returns the first value as a field of a profile: by CleanLine, cut
// to MaxEvidence bytes.
func DescribeField(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return cutField(values[0])
}

// maxLabels bounds the labels of one profile.
const maxLabels = 32

// SplitLabels reads comma-separated labels from one or more values, as
// CleanLabels.
func SplitLabels(values []string) []string {
	var labels []string
	for _, v := range values {
		labels = append(labels, strings.Split(v, ",")...)
	}
	return CleanLabels(labels)
}

// CleanLabels returns labels as a profile has them: by CleanLine, cut to
// MaxEvidence bytes, without empty ones and repetitions, 32 at most.
func CleanLabels(labels []string) []string {
	var clean []string
	for _, label := range labels {
		if len(clean) == maxLabels {
			break
		}
		label = cutField(label)
		if label != "" && !slices.Contains(clean, label) {
			clean = append(clean, strings.Clone(label))
		}
	}
	return clean
}
