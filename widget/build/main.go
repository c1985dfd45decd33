// Command build makes the browser bundles in widget/dist from their
// TypeScript sources. It is a module of its own, so that the bundler stays out
// of the module graph of those who use Parley. Run it with
//
//	go generate ./widget
//
// in the repository's root. The same sources give the same bytes.
//
//	go -C widget/build run . test
//
// runs the unit tests of the sources instead.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	// go generate runs `go -C build run .`: the sources are one folder up.
	if err := run("..", os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(root string, args []string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return fmt.Errorf("finding the widget's folder: %w", err)
	}
	if err := install(root); err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return bundleAll(root)
	case len(args) == 1 && args[0] == "test":
		return runTests(root)
	}
	return fmt.Errorf("unknown arguments %q: want none, or test", args)
}

// bundleAll makes what is in dist.
func bundleAll(root string) error {
	dist := filepath.Join(root, "dist")
	var failed []error
	texts, err := readCatalogues(root)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(root, "texts", "catalogue.d.ts"), []byte(texts.declarations())); err != nil {
		return err
	}
	shortNames, scripts := map[string]any{}, map[string][]string{}
	for _, b := range bundles {
		out, names, err := b.build(root, texts, shortNames)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if err := write(filepath.Join(dist, b.out), out); err != nil {
			return err
		}
		if b.apart() {
			scripts[strings.TrimSuffix(b.out, ".js")] = names
		}
		if err := report(b, texts, names, out); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(append(failed, texts.write(root, scripts))...)
}

func write(file string, content []byte) error {
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, content, 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing a bundle: %w", err)
	}
	return nil
}

// install fetches Preact and the type checker, once.
func install(root string) error {
	_, err := os.Stat(filepath.Join(root, "node_modules"))
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for node_modules: %w", err)
	}
	npm := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	npm.Dir, npm.Stdout, npm.Stderr = root, os.Stderr, os.Stderr
	if err := npm.Run(); err != nil {
		return fmt.Errorf("running npm ci in widget/ (needs Node.js with npm): %w", err)
	}
	return nil
}
