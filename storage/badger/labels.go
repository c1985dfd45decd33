package badger

import "strings"

// labelSet stands for the labels of a conversation in an inbox; zero for none.
// Many conversations have the same few, so each set is kept once.
type labelSet uint32

// labelSets are the sets that some conversation has.
type labelSets struct {
	byName map[string]labelSet
	sets   []heldLabels // by labelSet
	free   []labelSet
}

type heldLabels struct {
	labels string // joined by commas
	users  int
}

func newLabelSets() labelSets {
	return labelSets{byName: make(map[string]labelSet), sets: make([]heldLabels, 1)}
}

// hold returns the set of these labels for one more conversation.
func (l *labelSets) hold(labels string) labelSet {
	if labels == "" {
		return 0
	}
	set, known := l.byName[labels]
	if !known {
		if n := len(l.free); n > 0 {
			set, l.free = l.free[n-1], l.free[:n-1]
		} else {
			set = labelSet(len(l.sets))
			l.sets = append(l.sets, heldLabels{})
		}
		l.sets[set].labels = labels
		l.byName[labels] = set
	}
	l.sets[set].users++
	return set
}

// release undoes one hold.
func (l *labelSets) release(labels string) {
	set, known := l.byName[labels]
	if !known {
		return
	}
	if l.sets[set].users--; l.sets[set].users == 0 {
		delete(l.byName, labels)
		l.sets[set] = heldLabels{}
		l.free = append(l.free, set)
	}
}

// having returns what tells the sets with a label in them; all, if it is empty.
func (l *labelSets) having(label string) func(labelSet) bool {
	if label == "" {
		return func(labelSet) bool { return true }
	}
	return func(set labelSet) bool { return hasLabel(l.sets[set].labels, label) }
}

// hasLabel reports whether a label is among those joined by commas.
func hasLabel(labels, label string) bool {
	if strings.Contains(label, ",") {
		return false
	}
	for rest := labels; ; {
		at := strings.Index(rest, label)
		if at < 0 {
			return false
		}
		end := at + len(label)
		if (at == 0 || rest[at-1] == ',') && (end == len(rest) || rest[end] == ',') {
			return true
		}
		rest = rest[at+1:]
	}
}
