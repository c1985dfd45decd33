package caddytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// parley builds the program, once for all tests, and returns where it is.
var parley = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parley-test-")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "parley")
	out, err := exec.Command("go", "build", "-o", path, "github.com/parley-chat/parley/cmd/parley").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building parley: %w\n%s", err, out)
	}
	return path, nil
})

// built is the directory of the program, to be deleted in the end.
var built string

// Main runs the tests of a package that may build the program, and returns the
// exit status.
func Main(m *testing.M) int {
	defer func() {
		if built != "" {
			os.RemoveAll(built)
		}
	}()
	return m.Run()
}

// Outcome is how a command ended.
type Outcome struct {
	code     int
	Out, Err string
}

// Run runs a subcommand of `parley chat`, with something to read.
func Run(t *testing.T, stdin string, args ...string) Outcome {
	t.Helper()
	path, err := parley()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"chat"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "PARLEY_TEST_KEY=000102030405060708090a0b0c0d0e0f")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return Outcome{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// Done checks that a command did what it was asked, and returns what it said.
func Done(t *testing.T, o Outcome, says ...string) Outcome {
	t.Helper()
	return Ended(t, o, 0, says...)
}

// Ended checks the status with which a command ended, and what it said.
func Ended(t *testing.T, o Outcome, code int, says ...string) Outcome {
	t.Helper()
	if o.code != code {
		t.Fatalf("status %d, want %d: %s%s", o.code, code, o.Out, o.Err)
	}
	for _, want := range says {
		if !strings.Contains(o.Out+o.Err, want) {
			t.Fatalf("it does not say %q: %s%s", want, o.Out, o.Err)
		}
	}
	return o
}
