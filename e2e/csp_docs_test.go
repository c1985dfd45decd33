package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of policies into docs/csp.md")

const (
	cspDocs    = "../docs/csp.md"
	tableBegin = "<!-- The table is the one of TestPolicies: cd e2e && go test -run TestPoliciesDocs . -update -->\n"
)

// The table that operators read is the one that is tested.
func TestPoliciesDocs(t *testing.T) {
	text, err := os.ReadFile(cspDocs)
	if err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(string(text), tableBegin)
	if !found {
		t.Fatalf("%s has no %q", cspDocs, tableBegin)
	}
	want := before + tableBegin + policyTable()
	if *update {
		if err := os.WriteFile(cspDocs, []byte(want), 0o644); err != nil { //nolint:gosec // a page of the documentation
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Errorf("%s is not what is tested: go test -run TestPoliciesDocs . -update", cspDocs)
	}
}

func policyTable() string {
	var b strings.Builder
	b.WriteString("\n| case | policy | what changes |\n| --- | --- | --- |\n")
	for _, p := range policies {
		var lines []string
		add := func(before string, policies []string) {
			for _, policy := range policies {
				lines = append(lines, before+"`"+shown(policy)+"`")
			}
		}
		add("", p.header)
		add("report-only: ", p.report)
		add("in a meta element: ", p.meta)
		for _, name := range []string{"Cross-Origin-Embedder-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy"} {
			if value, ok := p.other[name]; ok {
				lines = append(lines, "`"+name+": "+value+"`")
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.name, strings.Join(lines, "<br>"), p.want)
	}
	return b.String()
}

// shown is a policy with the names that a reader knows.
func shown(policy string) string {
	return strings.NewReplacer("{host}", "shop.example", "{foreign}", "https://cdn.example", inlineHash, "…", "r4nd0mN0nce", "…").Replace(policy)
}
