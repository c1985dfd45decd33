package api

import (
	"github.com/parley-chat/parley/api/console"
	"github.com/parley-chat/parley/api/operation"
	"github.com/parley-chat/parley/api/visitor"
)

//go:generate go run ./internal/generate

// Audiences returns all that anybody may do by the API, and all that the API
// tells anybody: the operations of visitors (visitor/operations.go) and those of
// agents (console/operations.go). docs/protocol.md and the TypeScript types in
// widget/shared/operations.ts are generated from it, by go generate ./api.
func Audiences() []operation.Audience {
	return []operation.Audience{visitor.Audience(), console.Audience()}
}
