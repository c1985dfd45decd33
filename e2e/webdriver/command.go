package webdriver

import "encoding/json"

// command is one of WebDriver's, by its method and its path in the session, and
// by what Marionette calls it.
type command struct {
	method, path string
	marionette   string
}

var (
	navigate      = command{"POST", "/url", "WebDriver:Navigate"}
	refresh       = command{"POST", "/refresh", "WebDriver:Refresh"}
	executeAsync  = command{"POST", "/execute/async", "WebDriver:ExecuteAsyncScript"}
	newWindow     = command{"POST", "/window/new", "WebDriver:NewWindow"}
	switchWindow  = command{"POST", "/window", "WebDriver:SwitchToWindow"}
	windowHandle  = command{"GET", "/window", "WebDriver:GetWindowHandle"}
	setTimeouts   = command{"POST", "/timeouts", "WebDriver:SetTimeouts"}
	screenshot    = command{"GET", "/screenshot", "WebDriver:TakeScreenshot"}
	elementClick  = command{"POST", "/element/{id}/click", "WebDriver:ElementClick"}
	elementKeys   = command{"POST", "/element/{id}/value", "WebDriver:ElementSendKeys"}
	computedLabel = command{"GET", "/element/{id}/computedlabel", "WebDriver:GetComputedLabel"}
	computedRole  = command{"GET", "/element/{id}/computedrole", "WebDriver:GetComputedRole"}
)

// session is an open one of a browser.
type session interface {
	// do has the browser carry out a command, and returns its value. An element
	// is named by the parameter id.
	do(c command, params map[string]any) (json.RawMessage, error)
}

// elementKey is what the W3C calls a reference to an element.
const elementKey = "element-6066-11e4-a52e-4f735466cecf"
