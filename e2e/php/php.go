// Package php runs PHP's processes for one application in one test.
package php

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/e2e/debian"
)

// Start runs php-fpm until the test ends and returns the path of its socket.
// What it writes lies in dir, where prepend.php runs before every script. The
// name of dir has to be short, since a socket's path has to fit into 108 bytes.
func Start(t testing.TB, dir string) (socket string) {
	t.Helper()
	program, ok := debian.Installed("php-fpm")
	if !ok {
		t.Fatal("found no php-fpm: run scripts/setup, or install Debian's package php-fpm")
	}
	for _, name := range []string{"sessions", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	socket = filepath.Join(dir, "php.sock")
	config := filepath.Join(dir, "php-fpm.conf")
	user := ""
	arguments := []string{"--nodaemonize", "--force-stderr", "--fpm-config", config}
	if os.Getuid() == 0 {
		user = "user = root\ngroup = root\n"
		arguments = append(arguments, "--allow-to-run-as-root")
	}
	text := fmt.Sprintf(`[global]
daemonize = no
error_log = /dev/stderr
[wiki]
%[1]slisten = %[2]s
pm = static
pm.max_children = 4
catch_workers_output = yes
php_admin_value[auto_prepend_file] = %[3]s/prepend.php
php_admin_value[session.save_path] = %[3]s/sessions
php_admin_value[sys_temp_dir] = %[3]s/tmp
php_admin_value[upload_tmp_dir] = %[3]s/tmp
php_admin_flag[display_errors] = off
php_admin_flag[log_errors] = on
`, user, socket, dir)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	debian.Run(t, "ready to handle connections", program, arguments...)
	return socket
}
