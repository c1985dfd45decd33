package server

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// processDir names the environment variable that makes a test program run as a
// Caddy; its value is the directory to serve from.
const processDir = "PARLEY_E2E_SERVER"

// ready is the line that a Caddy of its own process prints once it serves.
const ready = "serving"

// Main has to be called first in TestMain: a Caddy in a process of its own is
// the test program, started once more. Main then serves and does not return.
func Main() {
	dir := os.Getenv(processDir)
	if dir == "" {
		return
	}
	if err := serve(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve runs the Caddyfile in dir until standard input closes, which it also
// does when the test dies.
func serve(dir string) error {
	caddyfile, err := os.ReadFile(filepath.Join(dir, "Caddyfile"))
	if err != nil {
		return err
	}
	config, err := adapt(string(caddyfile), dir)
	if err != nil {
		return err
	}
	if err := caddy.Load(config, true); err != nil {
		return err
	}
	fmt.Println(ready)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return caddy.Stop()
}

// Process is a Caddy in a process of its own.
type Process struct {
	t     testing.TB
	dir   string
	cmd   *exec.Cmd
	stdin io.Closer
	// What the process wrote for its developers: the race detector's reports
	// are among that, and a kill takes the exit code that would tell of them.
	stderr *bytes.Buffer
}

// StartProcess is Start with a Caddy in a process of its own.
func StartProcess(t testing.TB, dir, caddyfile string) *Process {
	t.Helper()
	p := &Process{t: t, dir: dir}
	if err := os.WriteFile(filepath.Join(p.dir, "Caddyfile"), []byte(caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		showLog(t, p.dir)
	})
	p.Start()
	return p
}

// Start starts the server again after Stop or Kill, with the same stored data.
// It returns once the server serves.
func (p *Process) Start() {
	p.t.Helper()
	program, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(program)
	p.cmd.Env = append(os.Environ(), processDir+"="+p.dir)
	for key, value := range environment(p.dir) {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	p.cmd.Dir = p.dir
	p.stderr = new(bytes.Buffer)
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatalf("starting Caddy in a process of its own: %v", err)
	}

	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if lines.Text() == ready {
			return
		}
	}
	err = p.cmd.Wait()
	p.cmd = nil
	p.t.Fatalf("Caddy in a process of its own ended before it served: %v\n%s", err, p.stderr)
}

// Kill ends the server with SIGKILL, as a crash would: nothing gets a chance to
// tidy up.
func (p *Process) Kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatalf("killing Caddy: %v", err)
	}
	_ = p.cmd.Wait() // reports the kill
	p.ended()
}

func (p *Process) ended() {
	p.cmd = nil
	if text := p.stderr.String(); strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic: ") {
		p.t.Errorf("Caddy in a process of its own wrote:\n%s", text)
	}
}

// Stop ends the server in good order.
func (p *Process) Stop() {
	if p.cmd == nil {
		return
	}
	p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("stopping Caddy: %v", err)
	}
	p.ended()
}

// PID is the process id of the running server.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Log returns what the server has logged so far.
func (p *Process) Log() string { return readLog(p.t, p.dir) }
