package caddymodule

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/parley-chat/parley/caddymodule/internal/agents"
	"github.com/parley-chat/parley/caddymodule/internal/identity"
	"github.com/parley-chat/parley/chat"
	"github.com/parley-chat/parley/internal/panics"
)

// warn warns of what is accepted and is likely not meant. It is done while the
// configuration is provisioned, so that validating shows it too. It refuses nothing,
// whatever is wrong.
func (a *App) warn() {
	defer panics.Log(a.log, "looking for what is likely not meant")
	log := &warnings{a.log, map[string]bool{}}
	chats, consoles := a.survey.of("chat"), a.survey.of("chat_console")
	for _, f := range a.survey.unused {
		f.warn(log, f.directive+" stands in a named route that nothing invokes, so no request comes to it: invoke the route, or take it out")
	}
	a.warnAgents(log, chats, consoles)
	for _, c := range consoles {
		for _, other := range chats {
			if shared := sharedHost(c.at, other.at); shared != "" {
				c.warn(log, "the agents' console shares a host with a site that has chat: any script of the site's pages "+
					"can act as a signed-in agent; give chat_console a host of its own", "host", shared)
				break
			}
		}
	}
	for _, b := range a.survey.behind {
		claim{"chat", "", b.Site, b.Source}.warn(log, "more than one forward_auth may be asked before chat, and only the last one's answer says there who is signed in: "+
			"put chat before them, and the first counts that names somebody")
	}
	for _, f := range chats {
		f.warnLogout(log, chats)
		f.warnIdentity(log)
		f.warnErrorsOnly(log, chats)
		if v := f.config.VisitorID; v != nil && v.Kind == visitorPersistent && time.Duration(v.Duration) > longestCookie {
			f.claim.warn(log, fmt.Sprintf("visitor_id persistent: browsers keep no cookie for more than %d days, so nobody finds a chat again after that; write %[1]dd or less",
				longestCookie/(24*time.Hour)), "duration", time.Duration(v.Duration).String())
		}
	}
}

// longestCookie is for how long browsers keep one (RFC 6265bis, section 5.5).
const longestCookie = 400 * 24 * time.Hour

// warnings are logged once each: a named route is surveyed wherever it is invoked.
type warnings struct {
	log  *slog.Logger
	said map[string]bool // the lines so far
}

func (w *warnings) warn(text string, args ...any) {
	line := fmt.Sprintf("%q", append([]any{text}, args...))
	if !w.said[line] {
		w.said[line] = true
		w.log.Warn(text, args...)
	}
}

// warn logs a warning about a chat or console, with where it is written.
func (c claim) warn(log *warnings, text string, args ...any) {
	if c.directive == "chat" {
		args = append(args, "site", c.site)
	}
	if c.source != "" {
		args = append(args, "source", c.source)
	}
	log.warn(text, args...)
}

// warnAgents warns where nobody can answer.
func (a *App) warnAgents(log *warnings, chats, consoles []found) {
	for i, agent := range a.Agents {
		if agent.Role == string(chat.RoleAdmin) {
			log.warn("role admin makes no difference yet: every agent may do the same; sites says whose conversations an agent sees", "source", sourceOf(agent, i))
		}
	}
	switch {
	case len(chats)+len(consoles) == 0: // all are where the survey does not look
		return
	case len(a.Agents) == 0 && len(consoles) > 0:
		consoles[0].warn(log, "there is a chat_console, but nobody can sign in: name an agent in the global option chat")
	case len(a.Agents) == 0:
		chats[0].warn(log, "nobody can answer: name an agent in the global option chat, and give them a chat_console")
	case len(consoles) == 0:
		chats[0].warn(log, "there are agents, but no chat_console at which they could answer")
	}
	var served []string
	for _, f := range chats {
		served = append(served, f.site)
	}
	slices.Sort(served)
	served = slices.Compact(served)
	for i, agent := range a.Agents {
		for _, site := range agent.Sites {
			if !slices.Contains(served, site) {
				log.warn(fmt.Sprintf("an agent has the site %s, which no chat directive has: it is misspelt, or its `chat { site %[1]s }` is missing", site),
					"sites", served, "source", sourceOf(agent, i))
			}
		}
	}
}

// sourceOf is where an agent is written. Logs have no e-mail addresses.
func sourceOf(agent *agents.Agent, index int) string {
	if agent.Source == "" {
		return fmt.Sprintf("agents[%d]", index)
	}
	return agent.Source
}

// warnLogout warns where logging out ends no conversation.
func (f found) warnLogout(log *warnings, chats []found) {
	for _, logout := range f.config.LogoutPaths {
		if !f.logoutArrives(strings.TrimSuffix(logout, "*")) {
			f.warn(log, "a redir answers this logout before chat can see it, so it ends no conversation: "+
				"put both into a route, with chat first", "path", logout)
		}
	}
	id := f.config.Identity
	seen := slices.ContainsFunc(chats, func(other found) bool { return other.site == f.site && other.logsOut() })
	if id != nil && !seen && !f.failed && !id.SignsOutElsewhere() {
		f.warn(log, "identity without logout: whoever logs out is taken for signed in until a page says otherwise, "+
			"and the next at the same browser may read their chat; name the path, as in `logout /logout`")
	}
}

// logsOut reports whether a request can log out there.
func (f found) logsOut() bool { return len(f.config.LogoutPaths) > 0 || len(f.config.Logout) > 0 }

// warnIdentity warns where nobody can ever be signed in.
func (f found) warnIdentity(log *warnings) {
	id := f.config.Identity
	if id == nil {
		return
	}
	if name := id.Authenticated(); name != "" && !f.authenticated {
		f.warn(log, "identity reads "+name+", which basic_auth or the like sets, and there is none on this site: nobody is ever signed in")
	}
	if id.Trust == identity.TrustProxies && trustsNobody(f.server) {
		f.warn(log, "trust trusted_proxies, but the server has no trusted_proxies, so nobody is ever signed in: "+trustHint)
	}
}

// trustsNobody reports whether a server has no trusted proxies. Caddy takes the
// JSON away as it loads them, and keeps them where only reflection sees whether
// there are any. Where that is no longer so, nobody is warned.
func trustsNobody(server *caddyhttp.Server) bool {
	loaded := reflect.ValueOf(server).Elem().FieldByName("trustedProxies")
	return len(server.TrustedProxiesRaw) == 0 && !server.TrustedProxiesUnix &&
		loaded.IsValid() && loaded.Kind() == reflect.Interface && loaded.IsNil()
}
