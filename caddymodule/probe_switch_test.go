package caddymodule_test

import "testing"

// A logout elsewhere at the same address forbids to believe what was asked
// before. The chat that it found open must not be told again and again.
func TestOpenChatIsNotToldAgainOfWhatCountsForNothing(t *testing.T) {
	w, m := probed(t, always, deadline)
	m.sign("two", "mia")
	b := w.visitor("one")
	mark := b.start("before")
	w.visitor("two").say("hello", "hello", obj{}) // the answer is kept
	w.visitor("three").say("reset", "reset", obj{})
	b.cookie("sid", "two")
	if f := b.say("hello", "hello", obj{"mark": mark}); f.Who != "anonymous" {
		t.Fatalf("it became %+v", f)
	}
	tab := b.hello(mark)
	for range 50 {
		tab.say(obj{"t": "here"})
		tab.expect("ok")
	}
}
