package dokuwiki

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// findPHP returns the program to run. Debian has the version in its name and
// keeps it where only root looks.
func findPHP(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("php-fpm"); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/sbin/php-fpm*")
	if err != nil || len(found) == 0 {
		t.Fatal("found no php-fpm: run scripts/setup, or install Debian's package php-fpm")
	}
	return found[len(found)-1]
}

func (w *Wiki) socket() string { return filepath.Join(w.dir, "php.sock") }

// startPHP runs PHP's processes for this wiki alone until the test ends.
func (w *Wiki) startPHP(t testing.TB) {
	t.Helper()
	user := ""
	arguments := []string{"--nodaemonize", "--force-stderr", "--fpm-config", filepath.Join(w.dir, "php-fpm.conf")}
	if os.Getuid() == 0 {
		user = "user = root\ngroup = root\n"
		arguments = append(arguments, "--allow-to-run-as-root")
	}
	w.write(t, "php-fpm.conf", fmt.Sprintf(`[global]
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
`, user, w.socket(), w.dir))

	cmd := exec.Command(findPHP(t), arguments...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting php-fpm: %v", err)
	}

	var (
		mu    sync.Mutex
		said  strings.Builder
		ready = make(chan bool, 1)
		ended = make(chan struct{})
	)
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			mu.Lock()
			said.WriteString(lines.Text() + "\n")
			mu.Unlock()
			if strings.Contains(lines.Text(), "ready to handle connections") {
				ready <- true
			}
		}
		close(ready)
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("ending php-fpm: %v", err)
		}
		<-ended
		_ = cmd.Wait() // tells of the signal
		if t.Failed() {
			t.Logf("php-fpm said:\n%s", said.String())
		}
	})
	if !<-ready {
		mu.Lock()
		defer mu.Unlock()
		t.Fatalf("php-fpm ended before it was ready:\n%s", said.String())
	}
}
