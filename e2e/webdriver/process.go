package webdriver

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTimeout bounds how long a browser may take until it listens.
const startTimeout = 2 * time.Minute

// Firefox starts one with a profile of its own, which ends with the test.
func Firefox(t testing.TB) *Browser {
	t.Helper()
	program := need(t, "firefox-esr", "Firefox", "firefox", "firefox-esr")
	profile := t.TempDir()
	const preferences = `user_pref("marionette.port", 0);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
`
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command(program, "--headless", "--marionette", "--no-remote", "--profile", profile), "HOME="+profile)
	// It writes there which port it has chosen.
	var port int
	until(t, "Firefox to listen", func() error {
		text, err := os.ReadFile(filepath.Join(profile, "MarionetteActivePort"))
		if err != nil {
			return err
		}
		port, err = strconv.Atoi(string(text))
		return err
	})
	s, err := openMarionette(port)
	if err != nil {
		t.Fatalf("opening a session of Firefox: %v", err)
	}
	t.Cleanup(func() { s.conn.Close() })
	return newBrowser(t, s)
}

// WebKit starts the small browser that comes with WebKitGTK, on a screen that
// nobody sees. It ends with the test.
func WebKit(t testing.TB) *Browser {
	t.Helper()
	driver := need(t, "webkit2gtk-driver", "WebKit's driver", "WebKitWebDriver")
	xvfb := need(t, "xvfb", "a screen for WebKit", "Xvfb")
	programs, err := filepath.Glob("/usr/lib/*/webkit*gtk-*/MiniBrowser")
	if err != nil || len(programs) == 0 {
		t.Fatal("found no MiniBrowser of WebKitGTK: run scripts/setup, or install Debian's package webkit2gtk-driver")
	}
	home := t.TempDir()

	// It writes its number when it is ready, and takes the first that is free.
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	screen := exec.Command(xvfb, "-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp")
	screen.ExtraFiles = []*os.File{write}
	start(t, screen)
	write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	read.Close()
	if err != nil {
		t.Fatalf("starting a screen: %v", err)
	}
	display := "DISPLAY=:" + strings.TrimSpace(number)

	port := freePort(t)
	start(t, exec.Command(driver, "--host=127.0.0.1", "--port="+port), display, "HOME="+home, "GDK_BACKEND=x11", "LIBGL_ALWAYS_SOFTWARE=1", "no_proxy=*")
	var s *httpSession
	until(t, "WebKit's driver to listen", func() error {
		s, err = openHTTP("http://127.0.0.1:"+port, map[string]any{
			"webkitgtk:browserOptions": map[string]any{"binary": programs[len(programs)-1], "args": []string{"--automation"}},
		})
		var unreachable net.Error
		if err != nil && !errors.As(err, &unreachable) {
			t.Fatalf("opening a session of WebKit: %v", err)
		}
		return err
	})
	t.Cleanup(func() {
		if _, err := s.do(command{method: "DELETE"}, nil); err != nil {
			t.Errorf("closing WebKit: %v", err)
		}
	})
	return newBrowser(t, s)
}

// need returns the first of some programs that is there.
func need(t testing.TB, pkg, what string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("found no %s (looked for %q): run scripts/setup, or install Debian's package %s", what, names, pkg)
	return ""
}

// start runs a program, and what that starts, until the test ends.
func start(t testing.TB, cmd *exec.Cmd, environment ...string) {
	t.Helper()
	cmd.Env = append(os.Environ(), environment...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", cmd.Path, err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may be gone
		_ = cmd.Wait()                                      // reports the kill
	})
}

// until tries again until there is no error.
func until(t testing.TB, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(startTimeout)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond) // between two looks: a program that starts tells nobody
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("finding a free port: %v", err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
