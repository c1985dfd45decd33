package browser

import (
	"strings"

	"github.com/chromedp/chromedp"
)

func parseFlag(flag string) chromedp.ExecAllocatorOption {
	name, value, hasValue := strings.Cut(flag, "=")
	if !hasValue {
		return chromedp.Flag(name, true)
	}
	return chromedp.Flag(name, value)
}
