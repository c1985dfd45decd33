package main

import (
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// others leads imports to the sources that stand for them in this bundle. What
// draws in the chat takes Preact from there.
func (b bundle) others(root string) api.Plugin {
	return api.Plugin{Name: "instead", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: "^#|^preact(/hooks)?$"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			other, ok := b.instead[args.Path]
			if b.draws && strings.HasPrefix(args.Path, "preact") {
				other, ok = "shared/chatpreact.ts", true
			}
			if !ok {
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Path: filepath.Join(root, filepath.FromSlash(other))}, nil
		})
	}}
}
