package caddymodule

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A shade is a colour by its parts of red, green and blue, each from 0 to 255.
type shade [3]float64

const white, black = "#fff", "#000"

// What texts in the accent stand on, light and dark: the panel and what agents
// have written. They are those of widget/chat/style.css.
var (
	lightGrounds = []string{white, "#f0f2f5"}
	darkGrounds  = []string{"#1a1c20", "#2a2e35"}
)

// textContrast is what texts need (WCAG 2.2, 1.4.3). It is enough for all else
// too (3:1, 1.4.11).
const textContrast = 4.5

// shadeOf reads a colour that the pattern color matches.
func shadeOf(color string) (s shade) {
	digits := strings.TrimPrefix(color, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	rgb, _ := strconv.ParseUint(digits, 16, 32) // black, of what is none
	for i := range s {
		s[i] = float64(rgb >> (16 - 8*i) & 0xff)
	}
	return s
}

func (s shade) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(s[0]), int(s[1]), int(s[2]))
}

// luminance is as in WCAG 2.2.
func (s shade) luminance() float64 {
	sum := 0.0
	for i, weight := range [...]float64{0.2126, 0.7152, 0.0722} {
		c := s[i] / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// contrast returns the contrast of two colours, from 1 to 21.
func contrast(a, b shade) float64 {
	light, dark := a.luminance(), b.luminance()
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

// onColor returns what can be read on a colour: white, or black where white
// has too little contrast.
func onColor(color string) string {
	if contrast(shadeOf(white), shadeOf(color)) < textContrast {
		return black
	}
	return white
}

// readable returns a colour that can be read on all grounds: the given one, mixed
// with as little of another as it takes.
func readable(color, with string, grounds []string) string {
	from, to := shadeOf(color), shadeOf(with)
	const steps = 100
	for step := range steps {
		var mixed shade
		for i := range mixed {
			mixed[i] = math.Round(from[i] + (to[i]-from[i])*float64(step)/steps)
		}
		least := math.Inf(1)
		for _, ground := range grounds {
			least = min(least, contrast(mixed, shadeOf(ground)))
		}
		if least >= textContrast {
			return mixed.String()
		}
	}
	return with
}

// edgeContrast is what the launcher needs to the page, which may be of any colour
// (WCAG 2.2, 1.4.11).
const edgeContrast = 3

// needsEdge reports whether a colour is too near to white or to black for the
// launcher to be seen on every page. Gray is not.
func needsEdge(color string) bool {
	return contrast(shadeOf(color), shadeOf(white)) < edgeContrast || contrast(shadeOf(color), shadeOf(black)) < edgeContrast
}

// blends reports whether a colour can hardly be told from the ground of the chat,
// light or dark, so that what is filled with it needs a line around it.
func blends(color string) bool {
	const told = 1.3
	return contrast(shadeOf(color), shadeOf(lightGrounds[0])) < told || contrast(shadeOf(color), shadeOf(darkGrounds[0])) < told
}
