package caddymodule

import (
	"log/slog"
	"slices"
	"sync"
)

// served is what a configuration serves, and from where.
type served struct {
	store  string
	sites  []string
	agents int
}

// previous is what the configuration before served, for the log.
var previous struct {
	sync.Mutex
	served *served
}

// describe logs where chat and console can be found, which sites are served from
// which store, and what of it has changed with a reload.
func (a *App) describe() {
	now := &served{store: a.key, sites: a.instance.SiteNames(), agents: len(a.Agents)}
	if a.survey != nil {
		now.sites = nil // those of the instance may be of the configuration before too
		for _, f := range a.survey.of("chat") {
			now.sites = append(now.sites, f.site)
			if !f.failed {
				a.log.Info("chat is on this site", "site", f.site, "urls", f.at.urls("/"))
			}
		}
		slices.Sort(now.sites)
		now.sites = slices.Compact(now.sites)
		for _, f := range a.survey.of("chat_console") {
			a.log.Info("agents answer at this console", "urls", f.at.urls(f.path+"/"))
		}
	}
	previous.Lock()
	before := previous.served
	previous.served = now
	previous.Unlock()
	now.log(a.log, before)
}

func (s *served) log(log *slog.Logger, before *served) {
	args := []any{"sites", s.sites, "agents", s.agents, "store", s.store}
	if before != nil {
		without := func(all, some []string) []string {
			return slices.DeleteFunc(slices.Clone(all), func(site string) bool { return slices.Contains(some, site) })
		}
		if added := without(s.sites, before.sites); len(added) > 0 {
			args = append(args, "sites_added", added)
		}
		if removed := without(before.sites, s.sites); len(removed) > 0 {
			args = append(args, "sites_removed", removed)
		}
		if s.agents != before.agents {
			args = append(args, "agents_before", before.agents)
		}
		if s.store != before.store {
			args = append(args, "store_before", before.store)
		}
	}
	log.Info("the chat serves these sites", args...)
}
