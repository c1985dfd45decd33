package e2e_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
	"github.com/parley-chat/parley/e2e/server"
)

// place is one way to the pages with policies: with a chat, and without.
type place struct {
	name        string
	chat, plain string // origins
}

// startPolicies runs one Caddy with the pages in four places: with and without
// a chat, over HTTPS and over plain HTTP. An agent answers all that is said.
func startPolicies(t *testing.T, directives string) (s *server.Server, secure, insecure place, foreign string) {
	t.Helper()
	ports := make([]int, 4)
	for i := range ports {
		ports[i] = server.FreePort(t)
	}
	secure = place{"https", fmt.Sprintf("https://shop.test:%d", ports[0]), fmt.Sprintf("https://bare.test:%d", ports[0])}
	insecure = place{"http", fmt.Sprintf("http://127.0.0.1:%d", ports[1]), fmt.Sprintf("http://127.0.0.1:%d", ports[2])}
	foreign = fmt.Sprintf("https://else.test:%d", ports[0])
	upstream := pagesWithPolicies(t, foreign)
	desk := fmt.Sprintf("http://127.0.0.1:%d", ports[3])
	s = server.Start(t, t.TempDir(), fmt.Sprintf(`
{
	skip_install_trust
	local_certs
	auto_https disable_redirects
	chat {
		agent anna@example.com %[7]s
	}
}
%[1]s {
	chat {
		site secure
		%[8]s
	}
	reverse_proxy %[6]s
}
%[3]s {
	chat {
		site insecure
		%[8]s
	}
	reverse_proxy %[6]s
}
%[2]s, https://else.test:%[9]d, %[4]s {
	reverse_proxy %[6]s
}
%[5]s {
	chat_console {
		path /desk
	}
}
`, secure.chat, secure.plain, insecure.chat, insecure.plain, desk, upstream, hash(t, demoPassword), directives, ports[0]))
	for _, origin := range []string{secure.chat, secure.plain, foreign} {
		awaitCertificate(t, origin)
	}
	people.Answers(t, desk+"/desk/", "anna@example.com", demoPassword)
	return s, secure, insecure, foreign
}

// awaitCertificate waits until Caddy has one for an origin, which it makes in
// the background.
func awaitCertificate(t *testing.T, origin string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		response, err := client.Get(origin + "/data")
		if err == nil {
			response.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// under is the address of a page with a policy.
func under(origin string, n int) string { return fmt.Sprintf("%s/p/%d", origin, n) }

// visitors is how many pages with policies are looked at side by side.
const visitors = 4

// Under each policy the chat works both ways, the browser reports nothing that
// it does not report without a chat, and what was barred is barred still.
func TestPolicies(t *testing.T) {
	_, secure, insecure, foreign := startPolicies(t, "")
	// Most of a page's time is waiting, so several are looked at side by side,
	// each by a visitor of their own.
	tabs := make(chan *browser.Tab, visitors)
	for range visitors {
		computer := browser.NewProcess(t, "ignore-certificate-errors", "host-resolver-rules=MAP *.test 127.0.0.1")
		tab := computer.Tab()
		tab.AllowProblem("") // they are counted here
		tab.OnEveryPage("window.foreign = " + browser.Quote(foreign) + "\n" + policyWatch)
		tabs <- tab
	}
	for n, p := range policies {
		places := []place{secure}
		if p.http {
			places = append(places, insecure)
		}
		for _, at := range places {
			t.Run(p.name+"/"+at.name, func(t *testing.T) {
				t.Parallel()
				tab := <-tabs
				defer func() { tabs <- tab }()
				testPolicy(t, tab.In(t), at, n, p)
			})
		}
	}
}

// An operator who has it so keeps every policy as it is, and is told once what
// the chat would need.
func TestPoliciesLeftAlone(t *testing.T) {
	s, at, _, _ := startPolicies(t, "csp off")
	names := strings.NewReplacer(at.plain, at.chat, strings.TrimPrefix(at.plain, "https://"), strings.TrimPrefix(at.chat, "https://"))
	for n, p := range policies {
		before, _ := ask(t, under(at.plain, n))
		after, body := ask(t, under(at.chat, n))
		for _, name := range policyHeaders {
			if got, want := strings.Join(after[name], " | "), names.Replace(strings.Join(before[name], " | ")); got != want {
				t.Errorf("%s: %s became %s", p.name, name, got)
			}
		}
		// What a meta element says is left alone as well, and the chat tried.
		if has, sandboxed := anyTag.MatchString(body), p.want == noChat && len(p.meta) == 0; has == sandboxed {
			t.Errorf("%s: has a tag: %v", p.name, has)
		}
	}
	if n := strings.Count(s.Log(), `"needed":["default-src 'none'; script-src-elem `+at.chat+`/_chat/; connect-src `); n != 1 {
		t.Errorf("what the chat needs is logged %d times", n)
	}
	if n := strings.Count(s.Log(), `"needed"`); n != 1 {
		t.Errorf("what the chat needs is logged %d times", n)
	}
}

func testPolicy(t *testing.T, tab *browser.Tab, at place, n int, p policy) {
	if got := changes(t, at, n); got != p.want {
		t.Errorf("the chat changed: %s\nwant: %s", got, p.want)
	}
	if p.mute {
		tab.Go(under(at.chat, n))
		if last := tab.Requests()[len(tab.Requests())-1]; strings.Contains(last.URL, "/_chat/") {
			t.Errorf("the page asked for %s", last.URL)
		}
		return
	}
	without := look(tab, under(at.plain, n), func() {})
	with := look(tab, under(at.chat, n), func() {
		if p.want == noChat {
			if browser.Eval[bool](tab, `!!document.querySelector('parley-chat, script[src*="/_chat/"]')`) {
				t.Error("there is a chat")
			}
			return
		}
		visitor := people.Visitor{Tab: tab}
		text := fmt.Sprintf("Hello from page %d.", n)
		visitor.Say(text)
		visitor.Sees(strings.ToUpper(text))
	})
	if !slices.Equal(with.ran, without.ran) {
		t.Errorf("with a chat ran: %q\nwithout: %q", with.ran, without.ran)
	}
	if !slices.Equal(with.violations, without.violations) {
		t.Errorf("with a chat the browser reports:\n\t%s\nwithout:\n\t%s", strings.Join(with.violations, "\n\t"), strings.Join(without.violations, "\n\t"))
	}
	if len(with.problems) != len(without.problems) {
		t.Errorf("with a chat the console says:\n\t%s\nwithout:\n\t%s", strings.Join(with.problems, "\n\t"), strings.Join(without.problems, "\n\t"))
	}
}

// sight is what can be seen of a page's policies.
type sight struct {
	ran        []string // what of the page was not barred
	violations []string // what the browser reported as barred
	problems   []string // what the console says
}

// look opens a page and does something on it.
func look(tab *browser.Tab, url string, do func()) sight {
	tab.Go("about:blank")
	before := len(tab.AllProblems())
	tab.Go(url)
	browser.Eval[bool](tab, `window.tried ?? true`)
	s := sight{ran: browser.Eval[[]string](tab, `window.ran ?? []`)}
	do()
	here := browser.Eval[string](tab, `location.host`)
	for _, v := range browser.Eval[[]string](tab, `window.violations ?? []`) {
		s.violations = append(s.violations, strings.ReplaceAll(v, here, "HOST"))
	}
	slices.Sort(s.ran)
	slices.Sort(s.violations)
	for _, problem := range tab.AllProblems()[before:] {
		// What else it says is of the attempts that fail, in no settled order.
		if strings.HasPrefix(problem, "security:") {
			s.problems = append(s.problems, problem)
		}
	}
	return s
}

// client asks without a browser, whatever the names and certificates.
var client = &http.Client{Transport: &http.Transport{
	DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	},
	TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the tests' own Caddy has made them up
}}
