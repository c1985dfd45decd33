package caddymodule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
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

	// How far from that corner the launcher is. The default is 20px and 20px.
	Offset *Offset `json:"offset,omitempty"`

	// The design of the launcher: bubble (a round button, the default), pill (with
	// its label beside the icon), or tab (at the lower edge of the window).
	Launcher string `json:"launcher,omitempty"`

	// The launcher's icon: one of the built-in ones (chat, the default, dots,
	// question or mail), or the path of a file. An SVG is drawn in one colour, that
	// of text on the launcher; a PNG as it is.
	Icon string `json:"icon,omitempty"`

	// What the launcher is called while the chat is closed, in all languages, and
	// shows as a pill and as a tab. The default is the widget's own, in English
	// "Open chat". It is short for the text open_chat.
	Label string `json:"label,omitempty"`

	// A logo above the title: the path of an SVG, PNG, JPEG or WebP file, or an
	// address that begins with http:// or https://.
	Logo string `json:"logo,omitempty"`

	// A picture of the team, beside the title and beside the messages of agents
	// who have none of their own: a file or an address as for logo.
	Picture string `json:"picture,omitempty"`

	// Whether the chat is light or dark: auto (as the page is, the default), light
	// or dark.
	Scheme string `json:"scheme,omitempty"`

	// "off" asks no visitor what they think of a conversation that an agent has
	// resolved. The default is to ask.
	Rating string `json:"rating,omitempty"`

	// What visitors are asked before they write for the first time, in the place of
	// the text box. Who is signed in is not asked.
	PreChatForm *Form `json:"pre_chat_form,omitempty"`

	// What is asked of who writes while nobody is there, together with their first
	// message, unless an e-mail address of theirs is known. By default anonymous
	// visitors are offered, after it, to leave an e-mail address.
	OfflineForm *OfflineForm `json:"offline_form,omitempty"`

	// Up to six messages that can be sent with one click while there is none yet.
	QuickReplies []string `json:"quick_replies,omitempty"`

	// When the chat speaks first. Of rules that hold at the same time the first one
	// counts.
	Rules []Rule `json:"rules,omitempty"`

	// "off" does not tell visitors how long an answer usually takes. By default they
	// read that while an agent is online, once five waits of the last eight days are
	// known, be they of one visitor: the median of the last 50 times between a
	// visitor's first message and the answer, as far as they are within hours.
	ReplyTime string `json:"reply_time,omitempty"`
}

// Offset is how far the launcher is from its corner, in lengths of CSS such as
// 24px, 1.5rem or 5vw. A phone's notch and its bar come on top.
type Offset struct {
	// From the left or right edge.
	X string `json:"x"`
	// From the lower edge.
	Y string `json:"y"`
}

// ratingOff is the word that asks nobody.
const ratingOff = "off"

// Defaults of Widget.
const (
	defaultColor    = "#0b7285"
	defaultPosition = "right"
)

// Designs of the launcher.
const (
	launcherBubble = "bubble"
	launcherPill   = "pill"
	launcherTab    = "tab"
)

// Schemes of the chat.
const (
	schemeAuto  = "auto"
	schemeLight = "light"
	schemeDark  = "dark"
)

// replyTimeOff is the word that keeps the usual time of an answer from visitors.
const replyTimeOff = "off"

// Longest texts of Widget, in characters.
const (
	maxTitle    = 60
	maxGreeting = 300
	maxLabel    = 40
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
	case !oneOf(wd.Launcher, launcherBubble, launcherPill, launcherTab):
		return fmt.Errorf("unknown launcher %q (want bubble, pill or tab)", wd.Launcher)
	case !oneOf(wd.Scheme, schemeAuto, schemeLight, schemeDark):
		return fmt.Errorf("unknown scheme %q (want auto, light or dark)", wd.Scheme)
	case wd.Rating != "" && wd.Rating != ratingOff:
		return fmt.Errorf("unknown rating %q (want off; visitors are asked unless it is)", wd.Rating)
	case wd.ReplyTime != "" && wd.ReplyTime != replyTimeOff:
		return fmt.Errorf("unknown reply_time %q (want off)", wd.ReplyTime)
	case utf8.RuneCountInString(wd.Label) > maxLabel:
		return fmt.Errorf("the widget's label is longer than %d characters", maxLabel)
	}
	if err := wd.checkOffset(); err != nil {
		return err
	}
	if err := wd.checkPictures(); err != nil {
		return err
	}
	if err := wd.checkForms(); err != nil {
		return err
	}
	return checkRules(wd.Rules)
}

// oneOf reports whether a value is one of some, or not given.
func oneOf(value string, some ...string) bool { return value == "" || slices.Contains(some, value) }

var length = regexp.MustCompile(`^(0|(\d+(?:\.\d+)?)(px|em|rem|vw|vh))$`)

// farthest is how far up the launcher may stand, by units: above it there must be
// room for the chat, also in a window that is not high.
var farthest = map[string]float64{"": 0, "px": 160, "em": 10, "rem": 10, "vw": 20, "vh": 20}

func (wd *Widget) checkOffset() error {
	if wd.Offset == nil {
		return nil
	}
	for _, value := range []string{wd.Offset.X, wd.Offset.Y} {
		if !length.MatchString(value) {
			return fmt.Errorf("invalid offset %q: write two lengths such as 24px, 1.5rem or 5vw, the first from the side and the second from below", value)
		}
	}
	parts := length.FindStringSubmatch(wd.Offset.Y)
	far, _ := strconv.ParseFloat(parts[2], 64) // no number is 0
	if unit := parts[3]; far > farthest[unit] {
		return fmt.Errorf("offset %s from below leaves no room for the chat above it (want at most %g%s)", wd.Offset.Y, farthest[unit], unit)
	}
	if wd.Launcher == launcherTab && far > 0 {
		return fmt.Errorf("offset %s from below: a tab stands at the lower edge; write offset %s 0", wd.Offset.Y, wd.Offset.X)
	}
	return nil
}
