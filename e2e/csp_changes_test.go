package e2e_test

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var anyTag = regexp.MustCompile(`<script async src="/_chat/widget\.js\?v=[^"]*"( integrity="[^"]*")?( nonce="r4nd0mN0nce")?></script>`)

// changes says what the chat has changed about a page: its policies, as a list
// of directives, and what the element had to have.
func changes(t *testing.T, at place, n int) string {
	t.Helper()
	before, page := ask(t, under(at.plain, n))
	after, injected := ask(t, under(at.chat, n))
	tag := anyTag.FindStringSubmatch(injected)
	if tag == nil {
		if injected != page {
			t.Error("the page differs, and has no tag")
		}
		for _, name := range policyHeaders {
			if !slices.Equal(before[name], after[name]) {
				t.Errorf("%s changed in vain: %q", name, after[name])
			}
		}
		return noChat
	}
	if strings.Replace(injected, tag[0], "", 1) != page {
		t.Error("the page differs by more than the tag")
	}
	var list []string
	if tag[2] != "" {
		list = append(list, "nonce")
	}
	if tag[1] != "" {
		list = append(list, "integrity")
	}
	host := strings.SplitN(at.chat, "//", 2)
	names := strings.NewReplacer(
		at.chat+"/_chat/", "CHAT",
		strings.Replace(host[0], "http", "ws", 1)+"//"+host[1]+"/_chat/", "SOCKET",
		strings.SplitN(at.plain, "//", 2)[1], host[1],
	)
	for _, name := range policyHeaders {
		if len(before[name]) != len(after[name]) {
			t.Fatalf("%d lines of %s, want %d", len(after[name]), name, len(before[name]))
		}
		for i := range before[name] {
			olds := strings.Split(names.Replace(before[name][i]), ",")
			news := strings.Split(names.Replace(after[name][i]), ",")
			if len(olds) != len(news) {
				t.Fatalf("%d policies, want %d", len(news), len(olds))
			}
			for k := range olds {
				list = append(list, changed(olds[k], news[k])...)
			}
		}
	}
	if len(list) == 0 {
		return unchanged
	}
	return strings.Join(list, "; ")
}

var policyHeaders = []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"}

// changed compares two policies.
func changed(before, after string) (list []string) {
	var defaults string
	olds, news := strings.Split(before, ";"), strings.Split(after, ";")
	for i, directive := range news {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		if i >= len(olds) || strings.TrimSpace(olds[i]) == "" && name != "" {
			value, inherited := strings.CutPrefix(value, defaults+" ")
			if inherited && defaults != "" {
				value = "= default-src + " + value
			}
			list = append(list, "new "+name+" "+value)
			continue
		}
		_, old, _ := strings.Cut(strings.TrimSpace(olds[i]), " ")
		if name == "default-src" && old != "'none'" {
			defaults = old
		}
		if value == old {
			continue
		}
		if added, ok := strings.CutPrefix(value, old); ok {
			list = append(list, name+" + "+hashName.ReplaceAllString(strings.TrimSpace(added), "HASH"))
		} else {
			list = append(list, name+" "+value+" in place of "+old)
		}
	}
	return list
}

var hashName = regexp.MustCompile(`'sha256-[^']*'`)

// ask gets a page as a browser would.
func ask(t *testing.T, url string) (http.Header, string) {
	t.Helper()
	response, err := client.Do(navigation(t, http.MethodGet, url))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.Header, string(body)
}
