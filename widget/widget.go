// Package widget holds the browser's side of Parley, built and embedded: the
// visitor's widget and the agents' console. Their TypeScript sources are in
// the folders beside this file; `go generate ./widget` rebuilds dist from them.
package widget

import _ "embed"

//go:generate go -C build run .

// What is built in a language is in a folder of its own. There is one language,
// so nobody has to choose.
var (
	//go:embed dist/en/widget.js
	loader []byte
	//go:embed dist/en/chat.js
	chat []byte
	//go:embed dist/en/console.js
	consoleJS []byte
	//go:embed dist/console.css
	consoleCSS []byte
	//go:embed dist/en/console.html
	consoleHTML []byte
)

// Loader returns the script that every page gets. It expects a constant
// __PARLEY__ to be defined in front of it (see docs/protocol.md). The bytes
// are shared by all callers and must not be changed.
func Loader() []byte { return loader }

// Chat returns the script that the loader fetches when the chat is first
// opened. The bytes are shared by all callers and must not be changed.
func Chat() []byte { return chat }

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
