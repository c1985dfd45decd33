package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// readEmojiNames reads what emoji are called in a language: as a text, whose lines
// are in the order of emoji/list.json. It is too long for a catalogue, and made by
// emoji/names.mjs.
func readEmojiNames(root, language string) (text, error) {
	source, err := os.ReadFile(filepath.Join(root, "emoji", language+".txt"))
	if err != nil {
		return text{}, fmt.Errorf("reading the names of emoji (emoji/names.mjs makes them): %w", err)
	}
	return text{section: "emoji", name: "emoji_names", plain: strings.TrimSpace(string(source))}, nil
}
