package inject

// Reason says why a response was not injected; the zero value says that it was.
type Reason uint8

// The reasons. Their String forms are stable and fit for metrics labels.
const (
	// Injected means that the element was inserted.
	Injected Reason = iota
	// Informational is an 1xx response, 101 Switching Protocols included.
	Informational
	// Excluded means that the caller excluded the request.
	Excluded
	// Method means a request method that renders no page.
	Method
	// Upgrade is a request to switch protocols, or CONNECT.
	Upgrade
	// Already means that another injector with the same element is in front.
	Already
	// NotNavigation is a request whose Sec-Fetch-Dest or Accept says that no
	// document is wanted.
	NotNavigation
	// Embedded is a page inside an iframe, frame, embed or object.
	Embedded
	// HTMX is a fragment asked for by htmx (HX-Request).
	HTMX
	// Turbo is a frame asked for by Turbo (Turbo-Frame).
	Turbo
	// PJAX is a fragment asked for by pjax (X-PJAX).
	PJAX
	// XHR is a request with X-Requested-With.
	XHR
	// Range is a partial request or a 206 response.
	Range
	// Status is a status that has no page for a person (204, 205, 3xx).
	Status
	// NotModified is a 304; its validators are kept in step with the page's.
	NotModified
	// NotHTML is a Content-Type other than text/html.
	NotHTML
	// Attachment is a download (Content-Disposition).
	Attachment
	// NoTransform is Cache-Control: no-transform.
	NoTransform
	// Encoded is a Content-Encoding that could not be decoded.
	Encoded
	// Signed is a response whose content is covered by a signature.
	Signed
	// NotASCIICompatible is an encoding in which ASCII bytes mean something else.
	NotASCIICompatible
	// Sandbox is a policy under which scripts don't run or have no origin.
	Sandbox
	// CSP is a policy that can't be changed so that the script runs.
	CSP
	// NoLT means that the body begins with text and that no document comes
	// after it, or that Sec-Fetch-Dest did not ask for one: it is not HTML,
	// whatever the header says.
	NoLT
	// TextFirst means that text comes before the document, such as a script's
	// notices, and that the element can't go behind it without doubt.
	TextFirst
	// AMP is an AMP document, which allows no scripts of its own.
	AMP
	// Frameset is a page of frames, which has no body.
	Frameset
	// TooFar means that no place was found in the first 64 KB.
	TooFar
	// Fragment is content without a document around it, asked for without
	// Sec-Fetch-Dest: a part of a page that a script has fetched.
	Fragment
	// Unfinished is a document that ends inside its doctype.
	Unfinished
	// ForeignBase is a base element that may lead to another origin, before a
	// charset meta so late that no place before both is left.
	ForeignBase
	// Canceled means that the handler ended without an answer, or by panic.
	Canceled
	// Failed is a bug of this package, which was caught.
	Failed

	reasonCount
)

var reasonNames = [reasonCount]string{
	Injected:           "injected",
	Informational:      "informational",
	Excluded:           "excluded",
	Method:             "method",
	Upgrade:            "upgrade",
	Already:            "already",
	NotNavigation:      "not-navigation",
	Embedded:           "embedded",
	HTMX:               "htmx",
	Turbo:              "turbo-frame",
	PJAX:               "pjax",
	XHR:                "xhr",
	Range:              "range",
	Status:             "status",
	NotModified:        "not-modified",
	NotHTML:            "not-html",
	Attachment:         "attachment",
	NoTransform:        "no-transform",
	Encoded:            "encoded",
	Signed:             "signed",
	NotASCIICompatible: "not-ascii-compatible",
	Sandbox:            "sandbox",
	CSP:                "csp",
	NoLT:               "no-lt",
	TextFirst:          "text-first",
	AMP:                "amp",
	Frameset:           "frameset",
	TooFar:             "too-far",
	Fragment:           "fragment",
	Unfinished:         "unfinished",
	ForeignBase:        "foreign-base",
	Canceled:           "canceled",
	Failed:             "failed",
}

// String returns a short kebab-case name.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return "unknown"
}

// Reasons returns all reasons, in the order of their values.
func Reasons() []Reason {
	all := make([]Reason, reasonCount)
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}
