//go:build unix

package config_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// To read a pipe into which nobody writes would never end.
func TestReadFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "logo.png")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		pipe: "is no file", filepath.Dir(pipe): "is no file", pipe + ".bak": "does not exist; a relative path",
		"placeholders.go": "is larger than 0 KB; cut it", "file.go": "",
	} {
		most := int64(64 << 10)
		if name == "placeholders.go" {
			most = 100
		}
		_, err := config.ReadFile(name, most, "cut it")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
