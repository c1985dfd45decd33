package caddymodule_test

import (
	"os"
	"testing"

	"github.com/parley-chat/parley/internal/caddytest"
)

func TestMain(m *testing.M) { os.Exit(caddytest.Main(m)) }
