package browser

import (
	"context"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Resize gives the page another size, in CSS pixels.
func (tab *Tab) Resize(width, height int64) {
	tab.t.Helper()
	tab.do("resizing", chromedp.EmulateViewport(width, height))
}

// Touch gives the page a screen that is touched, of a size in CSS pixels.
func (tab *Tab) Touch(width, height int64) {
	tab.t.Helper()
	tab.do("resizing", chromedp.EmulateViewport(width, height, chromedp.EmulateTouch, chromedp.EmulateMobile))
}

// Pinch enlarges what is on a screen that is touched, as two fingers do.
func (tab *Tab) Pinch(scale float64) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetPageScaleFactor, emulation.SetPageScaleFactorParams{PageScaleFactor: scale}); err != nil {
		tab.t.Fatalf("pinching: %v", err)
	}
}

// Dark is a system that prefers dark pages.
func (tab *Tab) Dark() {
	tab.t.Helper()
	tab.Media("screen", "prefers-color-scheme", "dark")
}

// Media is what the page is for, "screen" or "print", and how, in the place of
// what was said of that before: the name and the value of each media feature.
func (tab *Tab) Media(media string, features ...string) {
	tab.t.Helper()
	params := emulation.SetEmulatedMediaParams{Media: media}
	for i := 0; i < len(features); i += 2 {
		params.Features = append(params.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, params); err != nil {
		tab.t.Fatalf("changing the medium: %v", err)
	}
}

// TextSize is what the person has set the browser's texts to, in CSS pixels.
func (tab *Tab) TextSize(pixels int64) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	sizes := page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: pixels, Fixed: pixels}}
	if _, err := chromedp.Call(ctx, page.SetFontSizes, sizes); err != nil {
		tab.t.Fatalf("setting the size of texts: %v", err)
	}
}

// PDF is what the page is on paper.
func (tab *Tab) PDF() []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, waitTimeout)
	defer cancel()
	printed, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{})
	if err != nil {
		tab.t.Fatalf("printing: %v", err)
	}
	return printed.Data
}
