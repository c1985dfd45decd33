package browser

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Computer is a browser as one person has it in front of them: its tabs share
// cookies and storage, and it shares nothing with other computers.
type Computer struct {
	t       testing.TB
	browser context.Context
	id      cdp.BrowserContextID // empty for a browser of its own process

	// Of a browser of its own process only.
	dir   string
	flags []chromedp.ExecAllocatorOption
	quit  func()
}

// New returns a computer that nobody has used yet. It goes when the test ends.
func New(t testing.TB) *Computer {
	t.Helper()
	ctx, err := sharedBrowser()
	if err != nil {
		t.Fatal(err)
	}
	result, err := chromedp.CallBrowser(ctx, target.CreateBrowserContext, target.CreateBrowserContextParams{})
	if err != nil {
		t.Fatalf("opening a browser: %v", err)
	}
	c := &Computer{t: t, browser: ctx, id: result.BrowserContextID}
	t.Cleanup(func() {
		_, err := chromedp.CallBrowser(ctx, target.DisposeBrowserContext, target.DisposeBrowserContextParams{BrowserContextID: c.id})
		if err != nil {
			t.Errorf("closing a browser: %v", err)
		}
	})
	return c
}

// NewProcess returns a computer whose browser is a process of its own with its
// profile on disk, so that Restart is what happens when a person quits the
// browser and starts it again. Flags are Chromium's, without the dashes; a value
// follows its flag after "=".
func NewProcess(t testing.TB, flags ...string) *Computer {
	t.Helper()
	c := &Computer{t: t, dir: t.TempDir()}
	for _, flag := range flags {
		c.flags = append(c.flags, parseFlag(flag))
	}
	c.start()
	t.Cleanup(func() { c.quit() })
	return c
}

func (c *Computer) start() {
	c.t.Helper()
	ctx, quit, err := launch(context.Background(), c.dir, c.flags...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.browser, c.quit = ctx, quit
}

// Restart quits the browser in good order and starts it again with the same
// profile. Session cookies and sessionStorage are gone then, as for a person
// whose browser doesn't reopen the last tabs. All tabs are gone too.
func (c *Computer) Restart() {
	c.t.Helper()
	if c.quit == nil {
		c.t.Fatal("Restart needs a browser from NewProcess")
	}
	ctx, cancel := context.WithTimeout(c.browser, time.Minute)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		c.t.Fatalf("quitting the browser: %v", err)
	}
	c.quit()
	c.start()
}

// Cookies returns what cookies the browser holds, of all sites.
func (c *Computer) Cookies() []*network.Cookie {
	c.t.Helper()
	result, err := chromedp.CallBrowser(c.browser, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: c.id})
	if err != nil {
		c.t.Fatalf("reading the cookies: %v", err)
	}
	return result.Cookies
}
