package main

import (
	"bufio"
	"bytes"
	"net"
	"strings"
	"testing"
)

func TestTalkerFindsWhatIsWrong(t *testing.T) {
	talk := &talker{name: "talker07"}
	const ack, message = `{"t":"ack","cid":"talker07-12","seq":12,"time":1}`, `{"t":"message","m":{"seq":12,"from":"visitor","cid":"talker07-12"}}`
	for _, frame := range []string{ack, message} {
		if err := talk.check([]byte(frame), 12); err != nil {
			t.Errorf("%s: %v", frame, err)
		}
		for _, wrong := range []string{
			strings.Replace(frame, `"seq":12`, `"seq":13`, 1),
			strings.Replace(frame, "07-12", "07-11", 1),
			strings.Replace(frame, "07-12", "08-12", 1),
			strings.Replace(frame, `"seq":12`, `"seq":0`, 1),
			strings.Replace(frame, `,"cid":"talker07-12"`, "", 1),
		} {
			if wrong != frame && talk.check([]byte(wrong), 12) == nil {
				t.Errorf("%s went unnoticed", wrong)
			}
		}
	}
}

// TestSocketReadsFrames of each form of length, a ping among them, and says
// what a server closed it for.
func TestSocketReadsFrames(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	texts := []string{"short", strings.Repeat("m", 300), strings.Repeat("l", 70_000)}
	pong := make(chan []byte, 1)
	go func() {
		defer theirs.Close()
		for _, text := range texts {
			_, _ = theirs.Write(appendServerFrame(nil, opText, []byte(text)))
		}
		_, _ = theirs.Write(appendServerFrame(nil, opPing, []byte("beat")))
		answer := make([]byte, 6+len("beat"))
		_, _ = theirs.Read(answer)
		pong <- answer
		_, _ = theirs.Write(appendServerFrame(nil, opClose, []byte("\x0f\xa4"))) // 4004
	}()
	s := &webSocket{conn: ours, reader: bufio.NewReader(ours)}
	for _, want := range texts {
		if got, err := s.next(); err != nil || string(got) != want {
			t.Fatalf("read %d bytes and not %d, %v", len(got), len(want), err)
		}
	}
	if _, err := s.next(); err == nil || !strings.Contains(err.Error(), "4004") {
		t.Errorf("closed with 4004, and the error is %v", err)
	}
	if got, want := <-pong, appendFrame(nil, opPong, []byte("beat")); !bytes.Equal(got, want) {
		t.Errorf("a ping was answered with %x and not %x", got, want)
	}
}

func TestChoose(t *testing.T) {
	for only, want := range map[string]struct {
		proxies, chat bool
		part          string
	}{
		"":         {true, true, ""},
		"proxies":  {true, false, ""},
		"chat":     {false, true, ""},
		"messages": {false, true, "messages"},
		"nonsense": {false, false, "nonsense"},
	} {
		if proxies, chat, part := choose(only); proxies != want.proxies || chat != want.chat || part != want.part {
			t.Errorf("-only %q: %t, %t, %q", only, proxies, chat, part)
		}
	}
}
