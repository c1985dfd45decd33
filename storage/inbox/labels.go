package inbox

import "strings"

// hasLabel reports whether a label is among those joined by line breaks.
func hasLabel(labels, label string) bool {
	if strings.Contains(label, "\n") {
		return false
	}
	for rest := labels; ; {
		at := strings.Index(rest, label)
		if at < 0 {
			return false
		}
		end := at + len(label)
		if (at == 0 || rest[at-1] == '\n') && (end == len(rest) || rest[end] == '\n') {
			return true
		}
		rest = rest[at+1:]
	}
}
