package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// tsconfig is in the place of tsconfig.json, whose "strict" would put "use
// strict" into each bundle: modules are checked as strict code anyway.
const tsconfig = `{"compilerOptions": {"useDefineForClassFields": false}}`

// stripTypes removes the types before the bundler sees a source. To choose short
// names it counts the letters of the sources, types included: renaming a type
// would change a bundle, and its size.
var stripTypes = api.Plugin{
	Name: "strip-types",
	Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `\.tsx?$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			source, err := os.ReadFile(args.Path)
			if err != nil {
				return api.OnLoadResult{}, fmt.Errorf("reading %s: %w", filepath.Base(args.Path), err)
			}
			options := api.TransformOptions{
				Sourcefile: args.Path, Loader: api.LoaderTS, JSX: api.JSXPreserve, TsconfigRaw: tsconfig,
			}
			if filepath.Ext(args.Path) == ".tsx" {
				options.Loader = api.LoaderTSX
			}
			result := api.Transform(string(source), options)
			code := string(result.Code)
			return api.OnLoadResult{Contents: &code, Loader: api.LoaderJSX, Errors: result.Errors, Warnings: result.Warnings}, nil
		})
	},
}
