package e2e_test

import (
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/people"
)

// translate does to a page what a browser's translator does, and goes on doing
// it: each text gives way to two font elements around another one. What is
// marked as not for translation stays.
const translate = `(() => {
	const roots = new Set()
	function walk(node) {
		if (node.nodeType === 3) {
			const parent = node.parentElement
			if (!parent || !node.data.trim() || parent.closest('font, script, style, [translate=no]')) return
			const outer = document.createElement('font'), inner = document.createElement('font')
			inner.append(node.data)
			outer.append(inner)
			node.replaceWith(outer)
			return
		}
		if (node.shadowRoot) follow(node.shadowRoot)
		for (const child of [...node.childNodes]) walk(child)
	}
	function follow(root) {
		if (roots.has(root)) return
		roots.add(root)
		walk(root)
		new MutationObserver(all => {
			for (const { addedNodes } of all) for (const node of addedNodes) if (node.isConnected) walk(node)
		}).observe(root, { childList: true, subtree: true })
	}
	follow(document.documentElement)
})()`

// Agents who let the browser translate the desk see whose conversation it is,
// and what became of it, as all others do.
func TestDeskTranslated(t *testing.T) {
	_, url := startDemo(t)
	desk := anna(t, url)
	askedBy(t, url)
	showsOnly(desk, "Visitor", "Jonas Weber", "Mia Lindqvist")
	desk.Take("Mia Lindqvist")
	browser.Eval[any](desk.Tab, translate)
	desk.Find("main", "Conversation").FindBy("heading", browser.Is("Mia Lindqvist"), "her name")

	desk.Take("Jonas Weber")
	desk.Find("main", "Conversation").FindBy("heading", browser.Is("Jonas Weber"), "his name")
	desk.Find("complementary", "Person").FindBy("heading", browser.Is("Jonas Weber"), "his name")
	desk.Find("complementary", "Person").Until("his alone", `function() {
		return this.innerText.includes('jonas@example.com') && !this.innerText.includes('mia@') && !this.innerText.includes('Mia')
	}`)
	desk.Sees("I need an invoice.")
	desk.Find("textbox", "Reply").Until("a hint to his name", `function() { return this.placeholder.includes('Jonas') }`)
	desk.Reply("It is on its way.")
	showsOnly(desk, "Jonas Weber", "Visitor", "Mia Lindqvist")
	desk.Find("button", "Resolve").Click()
	desk.Find("main", "Conversation").FindBy("heading", browser.Containing("Visitor"), "the next one of the list")
	desk.Find("link", "Show").Click()
	desk.Find("button", "Reopen").Click()
	desk.Find("button", "Resolve")

	// What comes in meanwhile is told in the list, and counted.
	another := people.Visit(browser.New(t), url)
	another.Say("First word.")
	desk.Lists("First word.")
	another.Say("Second word.")
	desk.Lists("Second word.")
	desk.Find("list", "Conversations").Until("the count of two", `function() { return /\b2\b/.test(this.innerText) }`)
	desk.Take("Second word.")
	desk.Find("main", "Conversation").Until("somebody else's", `function() {
		return !this.querySelector('header').innerText.includes('Jonas') && !this.innerText.includes('invoice')
	}`)
	desk.Sees("Second word.")
	desk.Find("complementary", "Person").Until("no longer his", `function() { return !this.innerText.includes('onas') }`)
	another.Close()
	desk.Find("main", "Conversation").Until("nobody there", `function() { return this.querySelector('header').innerText.includes('Offline') }`)
}

// The chat goes on when its texts are translated.
func TestChatTranslated(t *testing.T) {
	_, url := startDemo(t)
	visitor := people.Visit(browser.New(t), url)
	visitor.OpenChat()
	visitor.HasText("leave a message")
	browser.Eval[any](visitor.Tab, translate)
	visitor.Say("Is anybody there?")
	desk := anna(t, url)
	desk.Take("Is anybody there?")
	visitor.Wait(`!document.querySelector('parley-chat').shadowRoot.textContent.includes('leave a message')`)
	visitor.HasText("We are online")
	desk.Find("textbox", "Reply").Fill("Now")
	visitor.HasText("Anna Berg is typing")
	desk.Reply("Now there is.")
	visitor.Sees("Now there is.")
	visitor.HasText("chatting with Anna Berg")
	visitor.Wait(`!document.querySelector('parley-chat').shadowRoot.textContent.includes('is typing')`)
}
