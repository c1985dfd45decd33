// Generate writes what is made of the operations: widget/shared/operations.ts
// and the generated parts of docs/protocol.md. It is run by go generate ./api.
package main

import (
	"log"
	"os"

	"github.com/parley-chat/parley/api"
	"github.com/parley-chat/parley/api/internal/schema"
)

func main() {
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

func generate() error {
	if err := os.WriteFile("../widget/shared/operations.ts", schema.TypeScript(api.Audiences()), 0o644); err != nil {
		return err
	}
	const protocol = "../docs/protocol.md"
	text, err := os.ReadFile(protocol)
	if err == nil {
		text, err = schema.Markdown(text, api.Audiences())
	}
	if err != nil {
		return err
	}
	return os.WriteFile(protocol, text, 0o644)
}
