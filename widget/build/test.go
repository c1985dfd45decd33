package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// runTests bundles each *.test.ts below root for Node.js, which strips its
// types, and runs them all with Node's own test runner.
func runTests(root string) error {
	sources, err := testFiles(root)
	if err != nil {
		return fmt.Errorf("finding the tests: %w", err)
	}
	dir, err := os.MkdirTemp("", "parley-widget-test")
	if err != nil {
		return fmt.Errorf("making a folder for the bundled tests: %w", err)
	}
	defer os.RemoveAll(dir)
	texts, err := readCatalogues(root)
	if err != nil {
		return err
	}
	result := api.Build(api.BuildOptions{
		Plugins:         []api.Plugin{textsFrom(root, texts.module(false, nil))},
		EntryPoints:     sources,
		AbsWorkingDir:   root,
		Bundle:          true,
		Platform:        api.PlatformNode,
		Format:          api.FormatESModule,
		Target:          api.ES2022,
		JSX:             api.JSXAutomatic,
		JSXImportSource: "preact",
		Sourcemap:       api.SourceMapInline,
		LogLevel:        api.LogLevelWarning,
		OutExtension:    map[string]string{".js": ".mjs"},
		Outdir:          dir,
		Outbase:         root,
		Write:           true,
	})
	if len(result.Errors) > 0 {
		return fmt.Errorf("bundling the tests: see the messages above")
	}
	args := []string{"--no-warnings", "--enable-source-maps", "--test", "--test-reporter=spec"}
	for _, file := range result.OutputFiles {
		args = append(args, file.Path)
	}
	node := exec.Command("node", args...)
	// Dates are written as the machine is set, and a day's length depends on it.
	node.Env = append(os.Environ(), "TZ=Europe/Berlin", "LC_ALL=en_GB.UTF-8")
	node.Stdout, node.Stderr = os.Stdout, os.Stderr
	if err := node.Run(); err != nil {
		return fmt.Errorf("running the tests with node: %w", err)
	}
	return nil
}

func testFiles(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".test.ts") {
			files = append(files, path)
		}
		return nil
	})
	return files, err
}
