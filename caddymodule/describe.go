package caddymodule

// describe logs where chat and console can be found.
func (a *App) describe() {
	if a.survey == nil {
		return
	}
	for _, f := range a.survey.of("chat") {
		if !f.failed {
			a.log.Info("chat is on this site", "site", f.site, "urls", f.at.urls("/"))
		}
	}
	for _, f := range a.survey.of("chat_console") {
		a.log.Info("agents answer at this console", "urls", f.at.urls(f.path+"/"))
	}
}
