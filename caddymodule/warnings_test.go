package caddymodule_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/parley-chat/parley/internal/caddytest"
)

// What is accepted and is likely not meant is said, by validating too, with the
// place where it is written.
func TestWarningsOfAConfiguration(t *testing.T) {
	const (
		agent   = "agent anna@example.com " + caddytest.AnnaHash
		desk    = "http://desk.localhost:0 {\nchat_console\n}\n"
		byAgent = agent + "\n}\n}\n" + desk
		noOne   = "}\n}\n" + desk
	)
	site := func(words, more string) string {
		return byAgent + "http://a.localhost:0 {\nchat {\n" + words + "\n}\n" + more + "\n}\n"
	}
	for name, c := range map[string]struct{ caddyfile, source, says string }{
		"nothing":                 {site("", ""), "", ""},
		"no agent":                {noOne + "http://a.localhost:0 {\nchat\n}\n", ":11", "nobody can sign in: name an agent"},
		"no agent, no console":    {"}\n}\nhttp://a.localhost:0 {\nchat\n}\n", ":11", "nobody can answer: name an agent"},
		"no console":              {agent + "\n}\n}\nhttp://a.localhost:0 {\nchat\n}\n", ":12", "no chat_console at which"},
		"site of an agent":        {agent + " {\nsites shop default\n}\n}\n}\n" + desk + "http://a.localhost:0 {\nchat\n}\n", ":8", "an agent has the site shop, which no chat directive has"},
		"role admin":              {agent + " {\nrole admin\n}\n}\n}\n" + desk + "http://a.localhost:0 {\nchat\n}\n", ":8", "role admin makes no difference yet"},
		"role agent":              {agent + " {\nrole agent\n}\n}\n}\n" + desk + "http://a.localhost:0 {\nchat\n}\n", "", ""},
		"identity without logout": {site("identity {\nid X-User-Id\n}", ""), ":15", "identity without logout"},
		"identity with matcher":   {site("identity {\nid X-User-Id\n}\nlogout @out", "@out path /x"), "", ""},
		"logout of another chat":  {site("site shop\nidentity {\nid X-User-Id\n}\nlogout /out", "handle /b/* {\nchat {\npath /b/_chat\nsite shop\nidentity {\nid X-User-Id\n}\n}\n}"), "", ""},
		"basic_auth without":      {site("identity basic_auth", ""), ":15", "identity reads {http.auth.user.id}"},
		"basic_auth elsewhere":    {site("identity basic_auth", "") + "http://b.localhost:0 {\nbasic_auth {\na " + caddytest.AnnaHash + "\n}\n}\n", ":15", "identity reads {http.auth.user.id}"},
		"basic_auth with":         {site("identity basic_auth", "basic_auth {\na "+caddytest.AnnaHash+"\n}"), "", ""},
		"basic_auth in a handle":  {site("identity basic_auth", "handle /x/* {\nbasic_auth {\na "+caddytest.AnnaHash+"\n}\n}"), "", ""},
		"by hand, without":        {site("identity {\nid {http.auth.user.id}\n}\nlogout /out", ""), ":15", "identity reads {http.auth.user.id}"},
		"no trusted_proxies":      {site("identity pomerium {\ntrust trusted_proxies\n}", ""), ":15", "the server has no trusted_proxies"},
		"persistent 500d":         {site("visitor_id persistent 500d", ""), ":15", "browsers keep no cookie for more than 400 days"},
		"persistent 400d":         {site("visitor_id persistent 400d", ""), "", ""},
		"session 500d":            {site("visitor_id session 500d", ""), "", ""},
		"redir":                   {site("logout /out", "redir /out /"), ":15", "a redir answers this logout"},
		"redir of more":           {site("logout /out", "redir /out* /"), ":15", "a redir answers this logout"},
		"redir around":            {byAgent + "http://a.localhost:0 {\nredir /out /\nhandle {\nchat {\nlogout /out\n}\n}\n}\n", ":17", "a redir answers this logout"},
		"redir after":             {site("logout /out", "handle /out {\nredir / 302\n}"), "", ""},
		"redir of another":        {site("logout /out", "redir /old /"), "", ""},
		"named route of two hosts": {byAgent + "&(main) {\nchat {\nidentity basic_auth\n}\n}\n" +
			"http://a.localhost:0 {\ninvoke main\n}\nhttp://b.localhost:0 {\ninvoke main\n}\n", ":15", "identity reads {http.auth.user.id}"},
		"redir to the same":      {site("logout /out", "redir /out /out/"), "", ""},
		"redir to another":       {site("logout /out /account/out", "redir /out /account/out?all=1"), "", ""},
		"redir to one of more":   {site("logout /out*", "redir /out /out.php"), "", ""},
		"redir there by host":    {site("logout /out", "redir /out http://a.localhost:0/out/"), "", ""},
		"redir by a placeholder": {site("logout /out", "redir /out https://{host}/out/"), "", ""},
		"redir to another's":     {site("logout /out", "redir /out http://b.localhost/out/"), ":15", "a redir answers this logout"},
		"redir in a loop":        {site("logout /out", "redir /out* /out/"), ":15", "a redir answers this logout"},
		"redir on and on":        {site("logout /out", "redir /out /out/\nredir /out/ /"), ":15", "a redir answers this logout"},
		"errors only":            {byAgent + "http://a.localhost:0 {\nreverse_proxy 127.0.0.1:1\nhandle_errors {\nchat\n}\n}\n", ":17", "write the same `chat` outside of handle_errors, too"},
		"errors only, of a site": {byAgent + "http://a.localhost:0 {\nhandle {\nreverse_proxy 127.0.0.1:1\n}\nhandle_errors {\nchat {\nsite shop\n}\n}\n}\n",
			":19", "write the same `chat` outside"},
		"errors, and all":      {site("", "reverse_proxy 127.0.0.1:1\nhandle_errors {\nchat\n}"), "", ""},
		"errors of files":      {byAgent + "http://a.localhost:0 {\nfile_server\nhandle_errors {\nchat\n}\n}\n", "", ""},
		"errors beside a path": {byAgent + "http://a.localhost:0 {\nrespond /api/* hi\nfile_server\nhandle_errors {\nchat\n}\n}\n", "", ""},
		"errors, some go on":   {byAgent + "http://a.localhost:0 {\n@post method POST\nrespond @post hi\nfile_server\nhandle_errors {\nchat\n}\n}\n", "", ""},
		"console beside": {agent + "\n}\n}\nhttp://a.example:0 {\nchat\nchat_console {\npath /desk\n}\n}\n",
			":13", "the agents' console shares a host"},
		"several gateways": {site("identity authelia {\ntrust forward_auth\n}\nlogout /out",
			"forward_auth 127.0.0.1:9091 {\nuri /a\n}\nforward_auth 127.0.0.1:9092 {\nuri /b\n}"), ":15", "more than one forward_auth may be asked"},
		"gateways before": {byAgent + "http://a.localhost:0 {\nroute {\nforward_auth 127.0.0.1:9091 {\nuri /a\n}\nforward_auth 127.0.0.1:9092 {\nuri /b\n}\n" +
			"chat {\nidentity authelia {\ntrust forward_auth\n}\nlogout /out\n}\n}\n}\n", ":22", "more than one forward_auth may be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			err := caddytest.Validate(t, "{\nauto_https off\nlog {\noutput file "+log+"\n}\nchat {\nlimits off\n"+c.caddyfile)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			said := warnings(string(text))
			if c.says == "" && len(said) > 0 || c.says != "" && (len(said) != 1 || !strings.Contains(said[0], c.says) || !strings.Contains(said[0], "/Caddyfile"+c.source+`"`)) {
				t.Errorf("it warns of %q, want %q at %s", said, c.says, c.source)
			}
			if strings.Contains(string(text), "anna@") {
				t.Error("an e-mail address is logged")
			}
		})
	}
}

// A chat in a named route that nothing invokes is told of, and nothing is refused for it.
func TestWarningsOfUnusedNamedRoutesInJSON(t *testing.T) {
	const agents = `"agents": [{"email": "anna@example.com", "hash": "` + caddytest.AnnaHash + `"}]`
	for name, app := range map[string]string{"no agent": "", "an agent": agents} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			file, _ := json.Marshal(log)
			config := new(caddy.Config)
			err := caddy.StrictUnmarshalJSON([]byte(`{"admin": {"disabled": true},
				"logging": {"logs": {"default": {"writer": {"output": "file", "filename": `+string(file)+`}}}},
				"apps": {"chat": {`+app+`}, "http": {"servers": {"a": {"listen": [":0"],
					"named_routes": {"main": {"handle": [{"handler": "chat", "source": "chat.json:3"}]}}}}}}}`), config)
			if err == nil {
				err = caddy.Validate(config)
			}
			if err != nil {
				t.Fatal(err)
			}
			text, _ := os.ReadFile(log)
			if said := warnings(string(text)); len(said) != 1 || !strings.Contains(said[0], "nothing invokes") || !strings.Contains(said[0], "chat.json:3") {
				t.Errorf("it warns of %q", said)
			}
		})
	}
}

// warnings are those of the chat in a log.
func warnings(log string) (said []string) {
	for line := range strings.SplitSeq(log, "\n") {
		if strings.Contains(line, `"level":"warn"`) && strings.Contains(line, `"logger":"chat"`) {
			said = append(said, line)
		}
	}
	return said
}

// A neighbour that says for whom it asks is a proxy in front; anyone else may say so.
func TestProxyInFrontThatIsNotTrusted(t *testing.T) {
	for options, want := range map[string]int{"": 1, "servers {\ntrusted_proxies static 127.0.0.1/32\n}\n": 0} {
		t.Run(options, func(t *testing.T) {
			w := caddytest.Prepare(t, caddytest.Shop)
			w.Load("{\n" + options + strings.TrimPrefix(w.Caddyfile("", caddytest.ShopIdentity), "{\n"))
			b := w.Browser()
			count := func() int {
				return w.Logged(`"level":"warn"`, "none of Caddy's trusted_proxies", `"address":"127.0.0.1"`, `"site":"shop"`, `"source":"Caddyfile:`)
			}
			if b.Visit("/"); count() != 0 {
				t.Error("it warns of a browser")
			}
			b.Visit("/", "X-Forwarded-For", "192.0.2.7")
			if b.Visit("/", "X-Forwarded-Proto", "https"); count() != want {
				t.Errorf("with %q it warns %d times, want %d", options, count(), want)
			}
		})
	}
}
