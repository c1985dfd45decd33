package main

import (
	"bytes"
	"fmt"

	"github.com/andybalholm/brotli"
)

// report prints what a bundle weighs on the wire, in the language in which it is
// heaviest, and refuses one over budget.
func report(b bundle, texts *catalogues, names []string, content []byte) error {
	all, err := b.asSent(texts, names, content)
	if err != nil {
		return err
	}
	heaviest, most := "", 0
	for _, language := range texts.languages {
		if all[language] == nil {
			continue
		}
		size, err := packed(all[language])
		if err != nil {
			return fmt.Errorf("compressing %s: %w", b.out, err)
		}
		if size > most {
			heaviest, most = language, size
		}
	}
	fmt.Printf("%-13s %6d B  %6d B brotli", b.out, len(all[heaviest]), most)
	if len(all) > 1 {
		fmt.Printf("  (%s, the heaviest of %d languages)", heaviest, len(all))
	}
	if b.budget > 0 {
		fmt.Printf("  (budget %d)", b.budget)
	}
	fmt.Println()
	if b.budget > 0 && most > b.budget {
		return fmt.Errorf("%s is %d bytes after Brotli in %q, over its budget of %d", b.out, most, heaviest, b.budget)
	}
	return nil
}

// packed returns the size after Brotli.
func packed(content []byte) (int, error) {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, brotli.BestCompression)
	if _, err := w.Write(content); err != nil {
		return 0, err
	}
	err := w.Close()
	return b.Len(), err
}
