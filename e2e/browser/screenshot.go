package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/chromedp/chromedp"
)

// screenshotDir names the environment variable with the directory to write
// screenshots to. Without it, none are made.
const screenshotDir = "PARLEY_SCREENSHOTS"

var screenshots atomic.Int64

// still waits for what moves and ends by itself; some things never end.
const still = `(async () => {
	const roots = [document, ...[...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean)]
	const moving = roots.flatMap(root => root.getAnimations())
	await Promise.race([Promise.allSettled(moving.map(a => a.finished)), new Promise(done => setTimeout(done, 1000))])
	return true
})()`

// Screenshot writes a picture of the tab, where someone wants pictures.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	dir := os.Getenv(screenshotDir)
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	if _, err := tryEval[bool](tab, still); err != nil {
		tab.t.Logf("waiting for the picture to stand still: %v", err)
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Errorf("making a screenshot: %v", err)
		return
	}
	test := strings.NewReplacer("/", "-", " ", "_").Replace(tab.t.Name())
	path := filepath.Join(dir, fmt.Sprintf("%s-%03d-%s.png", test, screenshots.Add(1), name))
	if err := os.WriteFile(path, png, 0o644); err != nil {
		tab.t.Errorf("writing a screenshot: %v", err)
		return
	}
	tab.t.Logf("screenshot %s", path)
}
