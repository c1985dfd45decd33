package server_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/server"
)

func TestMain(m *testing.M) {
	server.Main()
	os.Exit(m.Run())
}

func answering(port int, text string) string {
	return fmt.Sprintf("http://127.0.0.1:%d {\n\trespond %q\n}\n", port, text)
}

func get(t *testing.T, port int) string {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestServerLoadsAndRestarts(t *testing.T) {
	port := server.FreePort(t)
	s := server.Start(t, t.TempDir(), answering(port, "first"))
	if got := get(t, port); got != "first" {
		t.Errorf("at first: got %q", got)
	}
	if err := s.TryLoad("http://127.0.0.1:1 {\n\tno_such_directive\n}\n"); err == nil {
		t.Error("a wrong Caddyfile was accepted")
	}
	if got := get(t, port); got != "first" {
		t.Errorf("after a wrong Caddyfile: got %q", got)
	}
	s.Load(answering(port, "second"))
	if got := get(t, port); got != "second" {
		t.Errorf("after Load: got %q", got)
	}
	s.Restart()
	if got := get(t, port); got != "second" {
		t.Errorf("after Restart: got %q", got)
	}
	if !strings.Contains(s.Log(), "server running") {
		t.Errorf("the log is not Caddy's: %q", s.Log())
	}
}

func TestProcessSurvivesAKill(t *testing.T) {
	port := server.FreePort(t)
	p := server.StartProcess(t, t.TempDir(), answering(port, "here"))
	if got := get(t, port); got != "here" {
		t.Errorf("at first: got %q", got)
	}
	p.Kill()
	if _, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port)); err == nil {
		t.Error("a killed server answers")
	}
	p.Start()
	if got := get(t, port); got != "here" {
		t.Errorf("after the kill: got %q", got)
	}
}

func TestRemapPorts(t *testing.T) {
	text, ports := server.RemapPorts(t, "localhost:8080 {\n\treverse_proxy localhost:8081\n}\nhttp://localhost:8081 {\n\tredir http://localhost:8080/ 302\n}\n")
	if len(ports) != 2 || ports["8080"] == ports["8081"] {
		t.Fatalf("got %v", ports)
	}
	want := fmt.Sprintf("localhost:%[1]s {\n\treverse_proxy localhost:%[2]s\n}\nhttp://localhost:%[2]s {\n\tredir http://localhost:%[1]s/ 302\n}\n", ports["8080"], ports["8081"])
	if text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}
