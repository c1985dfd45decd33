package caddymodule

import "testing"

func TestOnColor(t *testing.T) {
	for color, want := range map[string]string{
		"#0b7285": white, "#000": white, "#00f": white, "#c92a2a": white,
		"#fff": black, "#ffd43b": black, "#0ff": black, "#888": black,
	} {
		if got := onColor(color); got != want {
			t.Errorf("on %s: %s, want %s", color, got, want)
		}
	}
}
