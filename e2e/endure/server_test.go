package endure

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// waitTimeout bounds every wait of a test.
const waitTimeout = 2 * time.Minute

// server is a Caddy with Parley in a process of its own.
type server struct {
	t      testing.TB
	dir    string
	cmd    *exec.Cmd
	output *bytes.Buffer
	held   *os.File
	ended  chan struct{} // closed when the process has gone
}

// command prepares the program in its other role: Caddy with a command line.
func command(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), commandVariable+"=1", "HOME="+dir,
		"XDG_DATA_HOME="+filepath.Join(dir, "data"), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"))
	return cmd
}

// run runs a command line of Caddy's and returns what it printed.
func run(dir string, args ...string) (string, error) {
	cmd := command(dir, args...)
	printed, err := cmd.CombinedOutput()
	if err == nil && strings.Contains(string(printed), "DATA RACE") {
		err = fmt.Errorf("a data race")
	}
	return string(printed), err
}

// newServer is a server for the Caddyfile in dir; it does not run yet.
func newServer(t testing.TB, dir string) *server {
	s := &server{t: t, dir: dir}
	t.Cleanup(func() {
		if s.running() {
			s.kill()
		}
		if !t.Failed() {
			return
		}
		const enough = 8 << 10
		text, _ := os.ReadFile(filepath.Join(dir, "caddy.log"))
		t.Logf("the end of Caddy's log:\n%s", text[max(0, len(text)-enough):])
	})
	return s
}

// launch starts the process and does not wait for it.
func (s *server) launch(args ...string) {
	s.t.Helper()
	theirs, ours, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	defer theirs.Close()
	s.cmd, s.output, s.held, s.ended = command(s.dir, append([]string{"run", "--config", "Caddyfile"}, args...)...), new(bytes.Buffer), ours, make(chan struct{})
	s.cmd.Env = append(s.cmd.Env, heldVariable+"=1")
	s.cmd.ExtraFiles = []*os.File{theirs}
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.Stdin = strings.NewReader("up")
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("starting the server: %v", err)
	}
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(ended)
	}(s.cmd, s.ended)
}

// start starts the server and returns once it serves.
func (s *server) start() {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	defer l.Close()
	s.launch("--pingback", l.Addr().String())
	go func(ended chan struct{}) {
		<-ended
		l.Close()
	}(s.ended)
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(waitTimeout))
	conn, err := l.Accept()
	if err != nil {
		if s.running() {
			s.kill()
		}
		s.t.Fatalf("the server did not come up: %v\n%s", err, s.output)
	}
	defer conn.Close()
	if said, err := io.ReadAll(conn); err != nil || string(said) != "up" {
		s.t.Fatalf("the server said %q, %v", said, err)
	}
}

func (s *server) running() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// kill ends the process as a crash would: nothing gets a chance to tidy up.
func (s *server) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		s.t.Errorf("killing the server: %v\n%s", err, s.output)
	}
	<-s.ended
	s.gone()
}

// wait returns when the process has ended by itself.
func (s *server) wait(ctx context.Context) {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-ctx.Done():
		s.kill()
		s.t.Fatal("the server did not end")
	}
	s.gone()
	if !s.cmd.ProcessState.Success() {
		s.t.Errorf("the server ended with %v:\n%s", s.cmd.ProcessState, s.output)
	}
}

// gone looks at what the process left behind.
func (s *server) gone() {
	s.t.Helper()
	s.held.Close()
	for _, bad := range []string{"DATA RACE", "panic: ", "fatal error: "} {
		if strings.Contains(s.output.String(), bad) {
			s.t.Fatalf("the server wrote:\n%s", s.output)
		}
	}
}

// freeAddress is an address of the loopback interface that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
