package main

import (
	"bytes"
	"fmt"

	"github.com/andybalholm/brotli"
)

// report prints what a bundle weighs on the wire and refuses one over budget.
func report(b bundle, content []byte) error {
	var packed bytes.Buffer
	w := brotli.NewWriterLevel(&packed, brotli.BestCompression)
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("compressing %s: %w", b.out, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("compressing %s: %w", b.out, err)
	}
	fmt.Printf("%-13s %7d B  %6d B brotli", b.out, len(content), packed.Len())
	if b.budget > 0 {
		fmt.Printf("  (budget %d)", b.budget)
	}
	fmt.Println()
	if b.budget > 0 && packed.Len() > b.budget {
		return fmt.Errorf("%s is %d bytes after Brotli, over its budget of %d", b.out, packed.Len(), b.budget)
	}
	return nil
}
