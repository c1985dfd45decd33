package caddymodule

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/chat"
)

// The paths that the page compares match as Caddy's do, with a slash at the end and
// in any case.
func TestPathExpression(t *testing.T) {
	for pattern, cases := range map[string]struct{ match, differ []string }{
		"/pricing":  {[]string{"/pricing", "/Pricing/"}, []string{"/pricing/old", "/prices", "/x/pricing"}},
		"/shop/*":   {[]string{"/shop/", "/shop/boots/7"}, []string{"/shop", "/shops"}},
		"*/help":    {[]string{"/help", "/a/b/help"}, []string{"/helpers"}},
		"*help*":    {[]string{"/help", "/a/helpers"}, []string{"/hel"}},
		"/a/*/b":    {[]string{"/a/x/b"}, []string{"/a/x/y/b"}},
		"/a.b":      {[]string{"/a.b"}, []string{"/axb"}},
		"/":         {[]string{"/"}, []string{"/a"}},
		"/über-uns": {[]string{"/über-uns"}, []string{"/ueber-uns"}},
	} {
		expression := regexp.MustCompile("(?i)" + pathExpression([]string{"/none", pattern}))
		for _, path := range cases.match {
			if !expression.MatchString(path) {
				t.Errorf("%s does not match %s", pattern, path)
			}
		}
		for _, path := range cases.differ {
			if expression.MatchString(path) {
				t.Errorf("%s matches %s", pattern, path)
			}
		}
	}
}

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
