package debian

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Run runs a program until the test ends. It returns once the program has
// written a line with ready in it to its standard error; the rest is shown if
// the test fails.
func Run(t testing.TB, ready, program string, arguments ...string) {
	t.Helper()
	name := filepath.Base(program)
	cmd := exec.Command(program, arguments...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	said := listen(stderr, ready)
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("ending %s: %v", name, err)
		}
		<-said.ended
		_ = cmd.Wait() // tells of the signal
		if t.Failed() {
			t.Logf("%s said:\n%s", name, said)
		}
	})
	if !<-said.ready {
		t.Fatalf("%s ended before it was ready:\n%s", name, said)
	}
}

// words are what a program says.
type words struct {
	mu    sync.Mutex
	text  strings.Builder
	ready chan bool
	ended chan struct{}
}

func listen(r io.Reader, ready string) *words {
	w := &words{ready: make(chan bool, 1), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		waiting := true
		for lines := bufio.NewScanner(r); lines.Scan(); {
			w.mu.Lock()
			w.text.WriteString(lines.Text() + "\n")
			w.mu.Unlock()
			if waiting && strings.Contains(lines.Text(), ready) {
				w.ready <- true
				waiting = false
			}
		}
		close(w.ready)
	}()
	return w
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
