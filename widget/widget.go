// Package widget holds the browser's side of Parley, built and embedded: the
// visitor's widget and the agents' console. Their TypeScript sources are in
// the folders beside this file; `go generate ./widget` rebuilds dist from them.
package widget

import (
	"embed"
	"maps"
	"slices"
)

//go:generate go -C build run .

var (
	//go:embed dist/widget.js
	loader []byte
	//go:embed dist/rules.js
	rules []byte
	//go:embed dist/console.js
	consoleJS []byte
	//go:embed dist/console.css
	consoleCSS []byte
	//go:embed dist/console.html
	consoleHTML []byte

	//go:embed dist
	dist embed.FS
)

// Loader returns the script that every page gets. It expects a constant
// __PARLEY__ to be defined in front of it (see docs/protocol.md). The bytes
// are shared by all callers and must not be changed.
func Loader() []byte { return loader }

// Rules returns the script of a site's rules, which goes behind the loader where
// there are any. It expects a constant __PARLEY__ of its own in front of it. The
// bytes are shared by all callers and must not be changed.
func Rules() []byte { return rules }

// A Script is one that pages fetch apart from the loader, when there is need of it.
type Script struct {
	// Name is what its address has before ".js".
	Name string
	// Body is shared by all and must not be changed.
	Body []byte
	// Texts names the texts that it expects in front of it, in a constant __PARLEY__
	// (see docs/protocol.md). It expects nothing where there are none.
	Texts []string
}

// ChatScript is the name of the chat itself, which expects in its constant what
// the configuration says of it besides.
const ChatScript = "chat"

// LogScript is the name of what shows messages, which expects in its constant whether
// visitors are asked what they think of a conversation, as "rating".
const LogScript = "log"

// Scripts returns all that pages fetch apart from the loader, in the order of
// their names.
func Scripts() []Script {
	var all []Script
	for _, name := range slices.Sorted(maps.Keys(texts().Scripts)) {
		body, err := dist.ReadFile("dist/" + name + ".js")
		if err != nil {
			panic("widget: " + err.Error()) // the bundler wrote both
		}
		all = append(all, Script{name, body, texts().Scripts[name]})
	}
	return all
}

// ConsoleJS returns the script of the agents' console. The bytes are shared by
// all callers and must not be changed.
func ConsoleJS() []byte { return consoleJS }

// ConsoleCSS returns the style sheet of the agents' console. The bytes are
// shared by all callers and must not be changed.
func ConsoleCSS() []byte { return consoleCSS }

// ConsoleHTML returns the page of the agents' console, which refers to
// console.js and console.css relative to itself. The bytes are shared by all
// callers and must not be changed.
func ConsoleHTML() []byte { return consoleHTML }
