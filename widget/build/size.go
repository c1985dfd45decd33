package main

import (
	"bytes"
	"fmt"

	"github.com/andybalholm/brotli"
)

// report prints what a bundle weighs on the wire and refuses one over budget.
func report(b bundle, file string, content []byte) error {
	var packed bytes.Buffer
	w := brotli.NewWriterLevel(&packed, brotli.BestCompression)
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("compressing %s: %w", file, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("compressing %s: %w", file, err)
	}
	fmt.Printf("%-15s %7d B  %6d B brotli", file, len(content), packed.Len())
	if b.budget > 0 {
		fmt.Printf("  (budget %d)", b.budget)
	}
	fmt.Println()
	if b.budget > 0 && packed.Len() > b.budget {
		return fmt.Errorf("%s is %d bytes after Brotli, over its budget of %d", file, packed.Len(), b.budget)
	}
	return nil
}
