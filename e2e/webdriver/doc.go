// Package webdriver drives Firefox and WebKit, the engine of Safari, as people use
// them. It speaks the commands of the W3C's WebDriver: to WebKit by its driver
// over HTTP, and to Firefox without one, over the socket that Mozilla's own driver
// uses (Marionette). Chromium has a package of its own, browser, which can do more.
package webdriver
