package e2e_test

import (
	"os"
	"testing"

	"github.com/parley-chat/parley/e2e/browser"
	"github.com/parley-chat/parley/e2e/server"
)

func TestMain(m *testing.M) {
	server.Main()
	code := m.Run()
	browser.Quit()
	os.Exit(code)
}
