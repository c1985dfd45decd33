package caddymodule

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// What a rule asks of a person is not for every visitor to read.
func TestRulesOfPersonsStayInside(t *testing.T) {
	rules := []Rule{
		{Name: "late", Labels: []string{"owes-money"}, Fields: map[string][]string{"plan": {"pro", "team"}}, Show: "Hi"},
		{Name: "all", Show: "Hello"},
	}
	told, err := json.Marshal(sent(rules))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"owes", "plan", "pro"} {
		if strings.Contains(string(told), secret) {
			t.Errorf("the script has %q: %s", secret, told)
		}
	}
	holding := personalRules(rules)
	for name, test := range map[string]struct {
		profile chat.Profile
		want    string
	}{
		"both":      {chat.Profile{Labels: []string{"vip", "owes-money"}, Fields: map[string]string{"plan": "team"}}, "late"},
		"one":       {chat.Profile{Labels: []string{"owes-money"}}, ""},
		"the other": {chat.Profile{Fields: map[string]string{"plan": "pro"}}, ""},
	} {
		if got := strings.Join(holding(test.profile), " "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if personalRules(rules[1:]) != nil {
		t.Error("there is something to ask where no rule is personal")
	}
}

// A message of which nothing is left would have the chat opened instead.
func TestRuleThatSaysNothing(t *testing.T) {
	err := checkShown([]Rule{{Name: "promo", Show: "{env.PARLEY_TEST_NOT_SET}"}})
	if err == nil || !strings.Contains(err.Error(), "rule promo: show {env.PARLEY_TEST_NOT_SET} says nothing") {
		t.Errorf("it was taken: %v", err)
	}
	if err := checkShown([]Rule{{Name: "open"}, {Name: "help", Show: "Can we help?"}}); err != nil {
		t.Error(err)
	}
}
