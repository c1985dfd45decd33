// Package widget holds the browser's side of Parley, built and embedded: the
// visitor's widget and the agents' console. Their TypeScript sources are in
// the folders beside this file; `go generate ./widget` rebuilds dist from them.
package widget

import _ "embed"

//go:generate go -C build run .

var (
	//go:embed dist/widget.js
	loader []byte
	//go:embed dist/chat.js
	chat []byte
	//go:embed dist/session.js
	session []byte
	//go:embed dist/files.js
	files []byte
	//go:embed dist/sound.js
	sound []byte
	//go:embed dist/console.js
	consoleJS []byte
	//go:embed dist/console.css
	consoleCSS []byte
	//go:embed dist/console.html
	consoleHTML []byte
)

// Loader returns the script that every page gets. It expects a constant
// __PARLEY__ to be defined in front of it (see docs/protocol.md). The bytes
// are shared by all callers and must not be changed.
func Loader() []byte { return loader }

// Chat returns the script that the loader fetches when the chat is first
// opened. It expects a constant __PARLEY__ with the texts of a language in front
// of it. The bytes are shared by all callers and must not be changed.
func Chat() []byte { return chat }

// Parts returns the scripts that the loader and the chat fetch when there is need
// of them, by the names that their addresses have. They expect nothing in front of
// them. The bytes are shared by all callers and must not be changed.
func Parts() map[string][]byte {
	return map[string][]byte{"session": session, "files": files, "sound": sound}
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
