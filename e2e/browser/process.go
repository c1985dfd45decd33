// Package browser drives a real Chromium as people use one: computers with
// their own cookies and storage, tabs on them, and the things in a page by the
// role and the name that a screen reader would tell.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"github.com/chromedp/chromedp"
)

// find returns the program to run.
func find() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("found no Chromium (looked for %q): run scripts/setup, or install Debian's package chromium", names)
}

// launch starts a Chromium with a profile in dir. It finds every name under
// .test on this machine, so that pages can be of plain HTTP hosts, which
// browsers trust less than loopback. A canceled ctx kills it;
// chromedp.Cancel closes it in good order.
func launch(ctx context.Context, dir string, flags ...chromedp.ExecAllocatorOption) (context.Context, context.CancelFunc, error) {
	program, err := find()
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(dir),
		chromedp.WindowSize(1200, 900),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		// The renderer needs a font whose measures don't depend on the machine's
		// hinting settings.
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("lang", "en"),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"),
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	options = append(options, flags...)

	ctx, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	ctx, cancelBrowser := chromedp.NewContext(ctx)
	cancel := func() {
		cancelBrowser()
		cancelAllocator()
	}
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("starting %s: %w", program, err)
	}
	return ctx, cancel, nil
}

// shared is the browser of a test program, in which every computer of New is a
// separate context. Starting one takes half a second, a context next to nothing.
var shared struct {
	sync.Mutex
	ctx    context.Context
	cancel func()
}

func sharedBrowser() (context.Context, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		return shared.ctx, nil
	}
	dir, err := os.MkdirTemp("", "parley-browser")
	if err != nil {
		return nil, err
	}
	ctx, cancel, err := launch(context.Background(), dir)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	shared.ctx = ctx
	shared.cancel = func() {
		cancel()
		os.RemoveAll(dir)
	}
	return ctx, nil
}

// Quit ends the browser that New started. TestMain calls it after the tests.
func Quit() {
	shared.Lock()
	defer shared.Unlock()
	if shared.cancel != nil {
		shared.cancel()
	}
	shared.ctx, shared.cancel = nil, nil
}
