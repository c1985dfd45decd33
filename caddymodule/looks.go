package caddymodule

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// defaultIcon is the one that the loader brings along.
const defaultIcon = "chat"

// icons are those built in, as outlines on 28 by 28 pixels.
var icons = map[string]string{
	defaultIcon: "",
	"dots":      "M14 3a11 10 0 1 1-5 19l-6 2 2-5a11 10 0 0 1 9-16zM9 11.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4zm5 0a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4zm5 0a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z",
	"question":  "M14 2.5c4.4 0 7.4 2.6 7.4 6.3 0 2.6-1.3 4.3-3.6 5.8-1.7 1.1-2.2 1.8-2.2 3.2v.7h-3.8v-.9c0-2.6.9-4.1 3.3-5.6 1.7-1.1 2.3-1.8 2.3-3.1 0-1.7-1.4-2.8-3.5-2.8-2.2 0-3.6 1.3-3.8 3.4H6.3c.2-4.3 3.2-7 7.7-7zM13.7 20.7a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8z",
	"mail":      "M4.5 6h19a2 2 0 0 1 1.9 1.4L14 15 2.6 7.4A2 2 0 0 1 4.500 6zM2.5 9.8 14 17.4l11.5-7.6V20a2 2 0 0 1-2 2h-19a2 2 0 0 1-2-2z",
}

func iconNames() []string { return slices.Sorted(maps.Keys(icons)) }

// looks are what of a site's widget is its own, as style sheets, and what these
// show.
type looks struct {
	// loader is of what every page shows, chat of the rest.
	loader, chat string
	pictures     map[string]http.Handler
}

// newLooks reads the files that a widget names.
func newLooks(path string, wd Widget) (*looks, error) {
	if err := wd.resolvePictures(); err != nil {
		return nil, err
	}
	l := &looks{pictures: map[string]http.Handler{}}
	accent := wd.Color
	if accent == "" {
		accent = defaultColor
	}
	side := wd.position()
	x, y := "20px", "20px"
	if wd.Offset != nil {
		x, y = fmt.Sprintf("min(%s,100vw - 76px)", withUnit(wd.Offset.X)), withUnit(wd.Offset.Y)
	}
	if wd.Launcher == launcherTab {
		y = "0px"
	}
	inset := map[string]string{"right": "auto var(--x) var(--y) auto", "left": "auto auto var(--y) var(--x)"}[side]
	l.loader = fmt.Sprintf(".launcher,.note{inset:%[6]s}:host{--on-accent:var(--parley-on-accent,%[3]s);--accent:var(--parley-accent,%[2]s);"+
		"--x:calc(%[4]s + env(safe-area-inset-%[1]s));--y:calc(%[5]s + env(safe-area-inset-bottom))}", side, accent, onColor(accent), x, y, inset) +
		launchers[wd.Launcher]
	if needsEdge(accent) {
		l.loader += ".launcher{border-color:gray}"
	}
	l.chat = fmt.Sprintf(":host{--accent-on-light:%s;--accent-on-dark:%s}", readable(accent, black, lightGrounds), readable(accent, white, darkGrounds))
	if wd.Offset != nil {
		l.chat += fmt.Sprintf(".panel.%[1]s,.preview.%[1]s{%[1]s:clamp(20px,var(--x),max(20px,100%% - 404px))}", side)
		if isZero(wd.Offset.X) || isZero(wd.Offset.Y) {
			l.chat += ".launcher:hover{transform:none}" // it would grow out of the window
		}
	}
	if wd.Launcher == launcherTab {
		l.chat += tabPanel
	}
	if blends(accent) {
		l.chat += "header,.mine .bubble{box-shadow:0 0 0 1px var(--line)}"
	}
	if wd.Scheme == schemeLight || wd.Scheme == schemeDark {
		l.chat += ":host{--scheme:" + wd.Scheme + "!important}"
	}
	return l, l.read(path, wd)
}

// read reads the pictures, and has them shown.
func (l *looks) read(path string, wd Widget) error {
	shown := []string{svg, png, "image/jpeg", "image/webp"}
	if icons[wd.Icon] != "" {
		l.loader += iconRule + fmt.Sprintf("clip-path:path(evenodd,%q)}", icons[wd.Icon])
	}
	icon := ""
	if !isIconName(wd.Icon) {
		icon = wd.Icon
	}
	for _, p := range []struct {
		name, value string
		mediaTypes  []string
		show        func(*picture)
	}{
		{"icon", icon, shown[:2], func(p *picture) { l.loader += iconStyle(p) }},
		{"logo", wd.Logo, shown, func(p *picture) { l.chat += strings.ReplaceAll(logoStyle, "ADDRESS", p.css()) }},
		{"picture", wd.Picture, shown, func(p *picture) { l.chat += strings.ReplaceAll(pictureStyle, "ADDRESS", p.css()) }},
	} {
		found, err := readPicture(p.name, p.value, path, p.mediaTypes...)
		if err != nil {
			return err
		}
		if found == nil {
			continue
		}
		p.show(found)
		if found.file != nil {
			l.pictures[p.name] = found.file
		}
	}
	return nil
}

func isZero(length string) bool { return length != "" && strings.Trim(length, "0.pxremvwh") == "" }

// withUnit is a length for calc and min, in which a bare 0 is none: all of what it
// stands in would count for nothing.
func withUnit(length string) string {
	if length == "0" {
		return "0px"
	}
	return length
}

// css is the address in a style sheet.
func (p *picture) css() string {
	return `url("` + strings.NewReplacer(`"`, "%22", `\`, "%5C", "\n", "%0A").Replace(p.address) + `")`
}

// What only some launchers need comes with them, so that other pages don't pay
// for it. The name is what is shown: who speaks to the computer says what they
// see.
var launchers = map[string]string{
	launcherPill: labelled + ".launcher{border-radius:28px}.launcher[aria-expanded=false]{padding-inline:16px 20px}",
	launcherTab: labelled + ".launcher{border-width:1px 1px 0;border-radius:14px 14px 0 0;padding:8px 18px calc(8px + env(safe-area-inset-bottom));bottom:0}" +
		".launcher::before{margin:-2px;transform:scale(.8)}",
}

const labelled = ".launcher{display:flex;align-items:center;gap:10px;max-width:calc(100% - 2*var(--x));font:600 .95em/1.3 var(--parley-font,system-ui,sans-serif)}" +
	".launcher::before{flex:none}" +
	".launcher[aria-expanded=false]::after{content:attr(aria-label);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}"

// tabPanel is where the panel is above a tab, which does not grow under the pointer.
const tabPanel = ".panel{height:min(640px,100% - 84px)}.panel,.preview{bottom:calc(60px + env(safe-area-inset-bottom))}.launcher:hover{transform:none}"

// iconRule is of the icon while the chat is closed.
const iconRule = ".launcher[aria-expanded=false]::before{"

// iconStyle shows an SVG in the colour of text, and another picture as it is.
func iconStyle(p *picture) string {
	if p.mediaType == svg {
		return iconRule + fmt.Sprintf("clip-path:none;-webkit-mask:%[1]s 50%%/contain no-repeat;mask:%[1]s 50%%/contain no-repeat}", p.css())
	}
	return iconRule + fmt.Sprintf("width:28px;height:28px;border:0;clip-path:none;background:%s 50%%/contain no-repeat}", p.css())
}

// Backgrounds, since a picture that can't be had leaves nothing then.
const (
	logoStyle = `h2::before{content:"";display:block;height:28px;margin-bottom:10px;background:ADDRESS 0/contain no-repeat}` +
		`:host([dir=rtl]) h2::before{background-position:100%}#more{align-self:start}`
	pictureStyle = `header{grid-template-columns:auto 1fr auto}` +
		`header::before{content:"";grid-row:1/3;align-self:center;width:44px;height:44px;border-radius:50%;background:ADDRESS 50%/cover}` +
		`.avatar:not(:has(.face:not([hidden]))){background:ADDRESS 50%/cover;color:#0000}` +
		`.greeting{position:relative;margin-inline-start:36px}` +
		`.greeting::before{content:"";position:absolute;inset-inline-start:-36px;bottom:0;width:28px;height:28px;border-radius:50%;background:ADDRESS 50%/cover}`
)

// position is the corner of the page.
func (wd Widget) position() string {
	if wd.Position == "" {
		return defaultPosition
	}
	return wd.Position
}
