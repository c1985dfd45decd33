package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"golang.org/x/sys/unix"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/parley-chat/parley/caddymodule"
)

// roleVariable is the environment variable that makes this program one of
// those which it starts: the upstream, bare WebSockets, the peer, or Caddy with
// its usual command line.
// All Caddys are the same program, so only their configuration differs.
const (
	roleVariable = "PARLEY_BENCH_ROLE"
	roleUpstream = "upstream"
	roleCaddy    = "caddy"
)

func runRole(role string) {
	go func() {
		// The other end is held by the program that started this one, and
		// closes with it however it ends.
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	switch role {
	case roleUpstream:
		log.Fatal(http.ListenAndServe(os.Args[1], upstream()))
	case roleWire:
		log.Fatal(http.ListenAndServe(os.Args[1], newWire()))
	case rolePeer:
		runPeer(os.Args[1], os.Args[2], os.Args[3] == "true")
	case roleCaddy:
		caddycmd.Main()
	}
}

// process is a server in a process of its own.
type process struct {
	name, addr string
	cmd        *exec.Cmd
	stderr     string
	ended      chan struct{}
}

// Bounds of starting and stopping.
const (
	startTimeout = 20 * time.Second
	stopTimeout  = 5 * time.Second
)

// startSelf starts this program in another role.
func startSelf(ctx context.Context, dir, name, addr, role string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	return startProcess(ctx, dir, name, addr, cmd)
}

// startProcess starts a command and waits until it listens.
func startProcess(ctx context.Context, dir, name, addr string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, addr: addr, cmd: cmd, ended: make(chan struct{}),
		stderr: filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".log")}
	out, err := os.Create(p.stderr)
	if err != nil {
		return nil, fmt.Errorf("making a log: %w", err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = cmd.Wait() // what it had to say is in its log
		close(p.ended)
	}()
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			return p, conn.Close()
		}
		select {
		case <-p.ended:
			said, _ := os.ReadFile(p.stderr)
			return nil, fmt.Errorf("starting %s: it ended at once and said:\n%s", name, said)
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.stop()
	return nil, fmt.Errorf("starting %s: nothing listens on %s after %v", name, addr, startTimeout)
}

// stop ends the process, gently if it can.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // or it has ended already
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// pids are those of the process and its children, such as nginx's workers.
func (p *process) pids() ([]int, error) {
	pid := p.cmd.Process.Pid
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil, fmt.Errorf("looking for the processes of %s: %w", p.name, err)
	}
	pids := []int{pid}
	for _, word := range strings.Fields(string(list)) {
		child, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("looking for the processes of %s: %w", p.name, err)
		}
		pids = append(pids, child)
	}
	return pids, nil
}

// cpu is the CPU time, user and system, that the process has used so far.
func (p *process) cpu() (time.Duration, error) {
	pids, err := p.pids()
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		// The clock of another process's CPU time, as clock_getcpuclockid(3)
		// makes it. It counts what /proc/PID/stat does, in nanoseconds and not
		// in hundredths of a second.
		var ts unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
			return 0, fmt.Errorf("reading the CPU time of %s: %w", p.name, err)
		}
		sum += time.Duration(ts.Nano())
	}
	return sum, nil
}

// memory is what a process holds, in bytes.
type memory struct {
	rss, most int64 // now, and at its highest
	anonymous int64 // the part of rss that is not of files: programs and mapped data
}

// memory adds up the process and its children.
func (p *process) memory() (memory, error) {
	pids, err := p.pids()
	if err != nil {
		return memory{}, err
	}
	var m memory
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return memory{}, fmt.Errorf("reading the memory of %s: %w", p.name, err)
		}
		for line := range strings.Lines(string(text)) {
			var name string
			var kb int64
			if _, err := fmt.Sscanf(line, "%s %d kB", &name, &kb); err != nil {
				continue // another kind of line
			}
			switch name {
			case "VmRSS:":
				m.rss += kb << 10
			case "VmHWM:":
				m.most += kb << 10
			case "RssAnon:":
				m.anonymous += kb << 10
			}
		}
	}
	if m.rss == 0 {
		return memory{}, fmt.Errorf("reading the memory of %s: /proc names none", p.name)
	}
	return m, nil
}

// freeAddr is a loopback address that nothing listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
