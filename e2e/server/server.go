// Package server runs a real Caddy for tests: in the test's own process, or in
// a process of its own that can be killed.
package server

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"

	_ "github.com/parley-chat/parley/internal/timeouts/patient" // the Caddys of this process are for tests
)

// running is held while a Caddy runs in this process, since there can be only
// one.
var running sync.Mutex

// Server is a Caddy in the test's process.
type Server struct {
	t      testing.TB
	dir    string
	config []byte
	loaded bool
}

// Start runs a Caddyfile until the test ends. Its addresses should be of the
// loopback interface, on ports from FreePort or RemapPorts. The server's working
// directory is dir, and what it stores without being told where lies in there
// too; so the files are the same after Load and Restart.
func Start(t testing.TB, dir, caddyfile string) *Server {
	t.Helper()
	s := &Server{t: t, dir: dir}
	t.Chdir(dir)
	for key, value := range environment(dir) {
		t.Setenv(key, value)
	}

	running.Lock()
	t.Cleanup(func() {
		s.stop()
		running.Unlock()
		showLog(t, s.dir)
	})
	s.Load(caddyfile)
	return s
}

// Load puts another Caddyfile in the place of the present one while the server
// runs, as "caddy reload" does.
func (s *Server) Load(caddyfile string) {
	s.t.Helper()
	if err := s.TryLoad(caddyfile); err != nil {
		s.t.Fatal(err)
	}
}

// TryLoad is Load for a Caddyfile that may be refused. The present one then
// goes on.
func (s *Server) TryLoad(caddyfile string) error {
	config, err := adapt(caddyfile, s.dir)
	if err != nil {
		return err
	}
	if err := caddy.Load(config, true); err != nil {
		return err
	}
	s.config, s.loaded = config, true
	return nil
}

// Restart stops the server as a signal would and starts it again with the same
// Caddyfile and the same stored data.
func (s *Server) Restart() {
	s.t.Helper()
	s.stop()
	if err := caddy.Load(s.config, true); err != nil {
		s.t.Fatalf("starting Caddy again: %v", err)
	}
	s.loaded = true
}

func (s *Server) stop() {
	if !s.loaded {
		return
	}
	s.loaded = false
	if err := caddy.Stop(); err != nil {
		s.t.Errorf("stopping Caddy: %v", err)
	}
}

// Log returns what the server has logged so far.
func (s *Server) Log() string { return readLog(s.t, s.dir) }

// environment keeps Caddy's data directory, and with it the chat's, within dir.
func environment(dir string) map[string]string {
	return map[string]string{
		"HOME":            dir,
		"XDG_DATA_HOME":   filepath.Join(dir, "data"),
		"XDG_CONFIG_HOME": filepath.Join(dir, "config"),
	}
}

func readLog(t testing.TB, dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "caddy.log"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatalf("reading Caddy's log: %v", err)
	}
	return string(text)
}

// showLog gives the end of the log to who has to find out why a test failed.
func showLog(t testing.TB, dir string) {
	if !t.Failed() {
		return
	}
	const enough = 16 << 10
	text := readLog(t, dir)
	if len(text) > enough {
		text = "…" + text[len(text)-enough:]
	}
	t.Logf("Caddy's log:\n%s", text)
}
