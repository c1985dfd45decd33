package endure

import (
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/parley-chat/parley/caddymodule"
	"github.com/parley-chat/parley/internal/timeouts"
)

// Environment variables that make the test program a Caddy with its usual
// command line, just as cmd/parley is one; with heldVariable it ends when the
// test does.
const (
	commandVariable = "PARLEY_ENDURE_COMMAND"
	heldVariable    = "PARLEY_ENDURE_HELD"
	// With leaveVariable whom it serves has long to take their leave as it ends,
	// also on a machine that stands still meanwhile.
	leaveVariable = "PARLEY_ENDURE_LEAVE"
)

func TestMain(m *testing.M) {
	if os.Getenv(commandVariable) == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(heldVariable) != "" {
		go func() {
			_, _ = io.Copy(io.Discard, os.NewFile(3, "held")) // ends when the test does, however it ends
			os.Exit(1)
		}()
	}
	if os.Getenv(leaveVariable) != "" {
		timeouts.Leave, timeouts.Stop = time.Minute, time.Minute
	}
	caddycmd.Main()
}

// rounds is how often a test does what it does: few in continuous integration,
// and as many as PARLEY_ROUNDS says by hand.
func rounds(t *testing.T, few int) int {
	t.Helper()
	many := os.Getenv("PARLEY_ROUNDS")
	if many == "" {
		return few
	}
	n, err := strconv.Atoi(many)
	if err != nil || n < 1 {
		t.Fatalf("PARLEY_ROUNDS is %q: give a number of rounds", many)
	}
	return n
}
