package endure

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"mime"
	"net/http"
)

// Every fileEvery-th message on the average has a file, of at most maxFile bytes:
// of some chunks, and small enough for the rest of the talk to go on.
const (
	fileEvery = 40
	maxFile   = 300 << 10
)

// file is what a message was sent with.
type file struct {
	id      string
	content []byte
}

// attached is a file as a message of the history shows it.
type attached struct {
	ID   string
	Size int
}

// attach gives some messages a file.
func (v *visitor) attach(ctx context.Context, s said) said {
	if rand.IntN(fileEvery) != 0 {
		return s
	}
	if s.file = v.upload(ctx, s.cid); s.file != nil {
		v.account.attaching(s.cid, s.file)
	}
	return s
}

// upload sends a file ahead of the message that it is for. There is none when
// the server can't take it now, and when power failed, which takes back what
// was answered in the dark.
func (v *visitor) upload(ctx context.Context, cid string) *file {
	since := v.w.cuts.Load()
	f := &file{content: make([]byte, 1+rand.IntN(maxFile))}
	seed := rand.New(rand.NewPCG(uint64(len(f.content)), uint64(v.sent)))
	for i := range f.content {
		f.content[i] = byte(seed.UintN(256))
	}
	head, err := json.Marshal(obj{"mark": v.mark, "name": cid + ".bin"})
	if err != nil {
		return nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.b.url+"/_chat/api/upload",
		bytes.NewReader(bytes.Join([][]byte{head, f.content}, []byte("\n"))))
	if err != nil {
		return nil
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Origin", v.b.url)
	answer, _, err := v.b.do(r)
	if err != nil || v.w.dark(since) {
		return nil
	}
	var uploaded struct{ T, ID string }
	if json.Unmarshal(answer, &uploaded) != nil || uploaded.T != "uploaded" {
		return nil
	}
	f.id = uploaded.ID
	return f
}

// download asks for a file of a message.
func (v *visitor) download(ctx context.Context, seq int, id string) ([]byte, error) {
	asked, err := json.Marshal(obj{"mark": v.mark, "seq": seq, "id": id})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.b.url+"/_chat/api/attachment", bytes.NewReader(asked))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", v.b.url)
	answer, status, header, err := v.b.ask(r)
	if err != nil {
		return nil, err
	}
	if kind, _, _ := mime.ParseMediaType(header.Get("Content-Type")); status != http.StatusOK || kind == "application/json" {
		return nil, fmt.Errorf("a file of message %d: %d %s", seq, status, answer)
	}
	return answer, nil
}

// checkFiles holds the files of a message of the history against what it was
// sent with.
func (a *account) checkFiles(ctx context.Context, m message) error {
	a.mu.Lock()
	want := a.files[cidOf(m.Text)]
	a.mu.Unlock()
	switch {
	case want == nil && len(m.Attachments) == 0:
		return nil
	case want == nil || len(m.Attachments) != 1 || m.Attachments[0].ID != want.id:
		return fmt.Errorf("message %d has the files %v and was sent with %v", m.Seq, m.Attachments, want)
	}
	return again(ctx, func() error {
		got, err := a.download(ctx, m.Seq, want.id)
		if err == nil && !bytes.Equal(got, want.content) {
			return fmt.Errorf("the file of message %d has %d bytes, and not the %d that were sent", m.Seq, len(got), len(want.content))
		}
		return err
	})
}
