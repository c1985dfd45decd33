package e2e_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// picture makes a PNG and returns where it is.
func picture(t *testing.T) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7)
	}
	img.Set(0, 0, color.White)
	path := filepath.Join(t.TempDir(), "cup.png")
	file, err := os.Create(path)
	if err == nil {
		err = png.Encode(file, img)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func textFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keepSaved notes in window.saved what a page hands to the browser's downloads.
const keepSaved = `(() => {
	const click = HTMLAnchorElement.prototype.click
	HTMLAnchorElement.prototype.click = function () {
		if (!this.download) return click.call(this)
		window.saved = this.download
	}
	const make = URL.createObjectURL
	URL.createObjectURL = blob => { blob.text().then(text => window.savedText = text); return make(blob) }
})()`

// failOnce lets the first upload of a page fail as a lost connection does.
const failOnce = `(() => {
	const send = XMLHttpRequest.prototype.send
	let failed = false
	XMLHttpRequest.prototype.send = function (body) {
		if (failed) return send.call(this, body)
		failed = true
		setTimeout(() => this.onloadend())
	}
})()`

// hang lets all uploads of a page get nowhere, or just its first one, for which
// the 40 s until it is given up pass at once.
func hang(all bool) string {
	return `(() => {
	const send = XMLHttpRequest.prototype.send, wait = window.setTimeout, all = ` + strconv.FormatBool(all) + `
	let hung = false, waited = all
	XMLHttpRequest.prototype.send = function (body) {
		if (!(body instanceof Blob) || hung && !all) return send.call(this, body)
		hung = true
		this.abort = () => this.onloadend()
	}
	window.setTimeout = (f, ms, ...rest) => {
		if (waited || ms != 40000) return wait(f, ms, ...rest)
		waited = true
		return wait(f, 0, ...rest)
	}
})()`
}

const drawn = `function() { const c = this.querySelector('canvas'); return !!c && c.width > 1 }`

// Files go both ways, the first of an unknown visitor's too; pictures are shown,
// and all can be saved as they were.
func TestAttachmentsBothWays(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	desk.OnEveryPage(keepSaved)
	desk.Reload()
	visitor := people.Visitor{Tab: browser.New(t).Tab()}
	visitor.OnEveryPage(keepSaved)
	visitor.Go(url)

	visitor.OpenChat()
	visitor.Find("button", "Attach files").Upload(picture(t), textFile(t, "receipt.txt", "one cup, blue"))
	visitor.Find("button", "Remove receipt.txt")
	visitor.Screenshot("chosen")
	visitor.Find("textbox", "Message").Fill("It came broken.")
	visitor.Find("button", "Send").Click()
	visitor.FindBy("button", browser.Containing("Download cup.png"), "the picture").Until("being drawn", drawn)
	visitor.Sees("It came broken.")
	visitor.Screenshot("sent")

	desk.Take("It came broken.")
	desk.FindBy("button", browser.Containing("Download cup.png"), "the picture").Until("being drawn", drawn)
	desk.FindBy("button", browser.Containing("Download receipt.txt"), "the receipt").Click()
	desk.Wait(`window.saved === 'receipt.txt' && window.savedText === 'one cup, blue'`)
	desk.Screenshot("received")

	desk.Find("button", "Attach files").Upload(textFile(t, "label.html", "<script>document.title='run'</script>"))
	desk.Find("button", "Send").Click() // a file needs no text
	visitor.FindBy("button", browser.Containing("Download label.html"), "the label").Click()
	visitor.Wait(`window.saved === 'label.html' && window.savedText.includes('<script>')`)
	desk.Screenshot("answered")
	visitor.Reload()
	visitor.OpenChat()
	visitor.FindBy("button", browser.Containing("Download cup.png"), "the picture").Until("being drawn", drawn)
	visitor.FindBy("button", browser.Containing("Download label.html"), "the label")
}

// give hands a file to a field or a pane as a paste or a drop does.
func give(e *browser.Element, event, name string) {
	data := `const data = new DataTransfer(); data.items.add(new File(['a note'], ` + browser.Quote(name) + `));`
	made := `new DragEvent('drop', {dataTransfer: data, bubbles: true, composed: true, cancelable: true})`
	if event == "paste" {
		made = `new ClipboardEvent('paste', {clipboardData: data, bubbles: true, composed: true, cancelable: true})`
	}
	e.Until("a "+event, `function() { `+data+` return !this.dispatchEvent(`+made+`) }`)
}

// Files can be pasted and dropped, and are taken off again; what is too large is
// refused before it goes anywhere.
func TestAttachmentsPastedAndDropped(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visit(browser.New(t), url)
	visitor.OpenChat()
	give(visitor.Find("textbox", "Message"), "paste", "pasted.txt")
	give(visitor.Find("dialog", "Ask us"), "drop", "dropped.txt")
	visitor.Find("button", "Remove dropped.txt").Click()
	visitor.Find("button", "Attach files").Upload(textFile(t, "film.mp4", string(make([]byte, 11<<20))))
	visitor.HasText("film.mp4 is larger than 10 MB")
	visitor.Find("button", "Send").Click()
	visitor.FindBy("button", browser.Containing("Download pasted.txt"), "the file")
	visitor.Gone("button", "Remove pasted.txt")

	desk.Take("pasted.txt")
	give(desk.Find("textbox", "Reply"), "paste", "answer.txt")
	give(desk.Find("main", "Conversation"), "drop", "more.txt")
	desk.Find("button", "Send").Click()
	visitor.FindBy("button", browser.Containing("Download answer.txt"), "the answer")
	visitor.FindBy("button", browser.Containing("Download more.txt"), "the answer's second file")
}

// An upload that is cut off is repeated. What is written after it waits its turn.
func TestAttachmentsAfterALostConnection(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	desk.OnEveryPage(failOnce)
	desk.Reload()
	visitor := people.Visitor{Tab: browser.New(t).Tab()}
	visitor.OnEveryPage(failOnce)
	visitor.Go(url)
	visitor.OpenChat()
	visitor.Find("button", "Attach files").Upload(textFile(t, "plan.txt", "a plan"))
	visitor.Find("button", "Send").Click()
	visitor.Say("There it is.")
	visitor.FindBy("button", browser.Containing("Download plan.txt"), "the plan")
	desk.Take("There it is.")
	desk.FindBy("button", browser.Containing("Download plan.txt"), "the plan")
	desk.Log().Until("in order", `function() { return this.innerText.indexOf('plan.txt') < this.innerText.indexOf('There it is.') }`)

	desk.Find("button", "Attach files").Upload(textFile(t, "answer.txt", "an answer"))
	desk.Find("button", "Send").Click()
	visitor.FindBy("button", browser.Containing("Download answer.txt"), "the answer")
}

// An upload on which nothing moves is given up and begun anew: it must not hold
// up what is written after it for ever.
func TestAttachmentsOnADeadNetwork(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	desk.OnEveryPage(hang(false))
	desk.Reload()
	visitor := people.Visitor{Tab: browser.New(t).Tab()}
	visitor.OnEveryPage(hang(false))
	visitor.Go(url)
	visitor.OpenChat()
	visitor.Find("button", "Attach files").Upload(textFile(t, "plan.txt", "a plan"))
	visitor.Find("button", "Send").Click()
	visitor.Say("There it is.")
	desk.Take("There it is.")
	desk.FindBy("button", browser.Containing("Download plan.txt"), "the plan")

	desk.Find("button", "Attach files").Upload(textFile(t, "answer.txt", "an answer"))
	desk.Find("button", "Send").Click()
	visitor.FindBy("button", browser.Containing("Download answer.txt"), "the answer")
}

// What was written with a file that was not through when the page was left
// arrives without it. What can't have arrived can be taken back and changed, and
// what waits behind it goes.
func TestTextOfAnUnfinishedFile(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	visitor := people.Visitor{Tab: browser.New(t).Tab()}
	visitor.OnEveryPage(hang(true))
	visitor.Go(url)
	visitor.OpenChat()
	visitor.Find("button", "Attach files").Upload(textFile(t, "plan.txt", "a plan"))
	visitor.Find("textbox", "Message").Fill("This is the plan.")
	visitor.Find("button", "Send").Click()
	visitor.FindBy("progressbar", browser.Is("Upload"), "the upload's progress")
	visitor.Reload()
	visitor.OpenChat()
	visitor.Sees("This is the plan.")
	desk.Take("This is the plan.")

	visitor.Find("button", "Attach files").Upload(textFile(t, "wrong.txt", "another plan"))
	visitor.Say("With the wrong file.")
	visitor.Say("Behind it.")
	visitor.Screenshot("held-up")
	visitor.Find("button", "Cancel").Click()
	desk.Sees("Behind it.")
	visitor.Find("button", "Attach files").Upload(textFile(t, "late.txt", "a late plan"))
	visitor.Say("A tipo.")
	visitor.Find("button", "Edit").Click()
	visitor.Find("button", "Remove late.txt").Click()
	hasBegun(visitor, "A tipo.")
	visitor.Say("A typo.")
	desk.Sees("A typo.")
	visitor.Gone("button", "Edit")
	expectAlone(t, "the desk", desk.Transcript(), "wrong", "tipo")
	expectAlone(t, "the visitor", visitor.Transcript(), "wrong", "tipo")
}
