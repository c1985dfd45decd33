package caddymodule

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/widget"
)

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

// Whatever colour the operator has chosen, what is drawn on it and in it can be
// read, and the launcher be seen on every page.
func TestEveryColorHasContrast(t *testing.T) {
	expect := func(what string, a, b string, least float64) {
		t.Helper()
		if got := contrast(shadeOf(a), shadeOf(b)); got < least {
			t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", what, a, b, got, least)
		}
	}
	for r := 0.0; r <= 255; r += 15 {
		for g := 0.0; g <= 255; g += 15 {
			for b := 0.0; b <= 255; b += 15 {
				accent := shade{r, g, b}.String()
				expect("text on the accent", onColor(accent), accent, 4.5)
				for _, ground := range lightGrounds {
					expect("accent as text", readable(accent, black, lightGrounds), ground, 4.5)
				}
				for _, ground := range darkGrounds {
					expect("accent as text", readable(accent, white, darkGrounds), ground, 4.5)
				}
				edge := accent
				if needsEdge(accent) {
					edge = "#808080"
				}
				expect("edge", edge, white, 3)
				expect("edge", edge, black, 3)
			}
		}
	}
}

// A colour that can be read as it is stays as it is.
func TestReadableColorStays(t *testing.T) {
	if got := readable("#0b7285", black, lightGrounds); got != "#0b7285" {
		t.Errorf("becomes %s", got)
	}
}

// A message in a colour that is that of the ground has a line around it, and no other.
func TestColorOfTheGroundHasALine(t *testing.T) {
	for color, want := range map[string]bool{"#fff": true, "#fffef0": true, "#000": true, "#1a1c20": true, "#0b7285": false, "#ffd43b": false} {
		l, err := newLooks("/_chat", Widget{Color: color})
		if err != nil || strings.Contains(l.chat, ".mine .bubble{box-shadow") != want {
			t.Errorf("%s: %v, %s; want a line: %t", color, err, l.chat, want)
		}
	}
}

// The grounds that colours are made for are those of the style sheet.
func TestGroundsAreThoseOfTheChat(t *testing.T) {
	for i, name := range []string{"--ground:", "--theirs:"} {
		want := name + "light-dark(" + lightGrounds[i] + "," + darkGrounds[i] + ")"
		for _, script := range widget.Scripts() {
			css := strings.ReplaceAll(string(script.Body), ", ", ",")
			if script.Name == widget.ChatScript && !strings.Contains(css, want) {
				t.Errorf("the style sheet of the chat is without %s", want)
			}
		}
	}
}
