package caddymodule

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Widget says what the chat looks like in the page.
type Widget struct {
	// The heading in all languages, and the name of the window to screen readers.
	// The default is the widget's own, in English "Chat with us". For another one
	// in each language see texts.
	Title string `json:"title,omitempty"`

	// What is said before the first message, in all languages. {firstname},
	// {lastname} and {email} stand for what is known of who is signed in. The
	// default is the widget's own, in English "Hi {firstname}, how can we help?".
	Greeting string `json:"greeting,omitempty"`

	// The colour of buttons and of the visitor's own messages: # and three or
	// six hexadecimal digits. The default is #0b7285.
	Color string `json:"color,omitempty"`

	// The corner of the page: right (the default) or left.
	Position string `json:"position,omitempty"`

	// "off" does not tell visitors how long an answer usually takes. By default they
	// read that while an agent is online, once five visitors have been answered
	// within the last eight days: the median of the last 50 times between a
	// visitor's first message and the answer, as far as they are within hours.
	ReplyTime string `json:"reply_time,omitempty"`
}

// Defaults of Widget.
const (
	defaultColor    = "#0b7285"
	defaultPosition = "right"
)

// replyTimeOff is the word that keeps the usual time of an answer from visitors.
const replyTimeOff = "off"

// Longest texts of Widget, in characters.
const (
	maxTitle    = 60
	maxGreeting = 300
)

var color = regexp.MustCompile(`^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)

func (wd *Widget) check() error {
	switch {
	case utf8.RuneCountInString(wd.Title) > maxTitle:
		return fmt.Errorf("the widget's title is longer than %d characters", maxTitle)
	case utf8.RuneCountInString(wd.Greeting) > maxGreeting:
		return fmt.Errorf("the widget's greeting is longer than %d characters", maxGreeting)
	case wd.Color != "" && !color.MatchString(wd.Color):
		return fmt.Errorf(`invalid color %q: write "#" and three or six hexadecimal digits, in quotes, such as "#0b7285"`, wd.Color)
	case wd.Position != "" && wd.Position != "right" && wd.Position != "left":
		return fmt.Errorf("unknown position %q (want right or left)", wd.Position)
	case wd.ReplyTime != "" && wd.ReplyTime != replyTimeOff:
		return fmt.Errorf("unknown reply_time %q (want off)", wd.ReplyTime)
	}
	return nil
}

// onColor returns what can be read on a colour: white, or black where white
// has a contrast below 4.5:1 (WCAG 2.2, 1.4.3).
func onColor(color string) string {
	digits := strings.TrimPrefix(color, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	rgb, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		return white
	}
	luminance := 0.0
	for i, weight := range [...]float64{0.0722, 0.7152, 0.2126} {
		c := float64(rgb>>(8*i)&0xff) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		luminance += weight * c
	}
	if 1.05/(luminance+0.05) < 4.5 {
		return black
	}
	return white
}

const white, black = "#fff", "#000"
