package main

import (
	"fmt"
	"slices"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

var categoryNames = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

// pluralCategories returns the forms that a language has for whole numbers. What
// it has for fractions and millions no text needs.
func pluralCategories(code string) ([]string, error) {
	tag, err := language.Parse(code)
	if err != nil {
		return nil, fmt.Errorf("texts/%s.json is named after no language: %w", code, err)
	}
	var found []string
	for n := range 1000 {
		name := categoryNames[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found, nil
}
