package endure

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// load makes a Caddyfile the one that runs, as "caddy reload" does.
func (w *world) load(caddyfile string) error {
	r, err := http.NewRequest(http.MethodPost, "http://"+w.admin+"/load", strings.NewReader(caddyfile))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "text/caddyfile")
	r.Header.Set("Cache-Control", "must-revalidate") // also where nothing has changed
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(said))
	}
	return err
}

func (w *world) mustLoad(caddyfile string) {
	w.t.Helper()
	if err := w.load(caddyfile); err != nil {
		w.t.Fatal(err)
	}
}

// usage is what a server holds.
type usage struct {
	goroutines, files int
	heap, stack       int // bytes that are in use after a collection
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %d KB of heap", u.goroutines, u.files, u.heap>>10)
}

var (
	goroutinesTotal = regexp.MustCompile(`goroutine profile: total (\d+)`)
	heapAlloc       = regexp.MustCompile(`# HeapAlloc = (\d+)`)
	stackInUse      = regexp.MustCompile(`# Stack = (\d+)`)
)

// usage asks the server's profiles, and the kernel for its open files.
func (w *world) usage() usage {
	w.t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", w.cmd.Process.Pid))
	if err != nil && runtime.GOOS == "linux" { // elsewhere it counts as none
		w.t.Fatal(err)
	}
	w.profile("heap?gc=1&debug=1") // what finalizers free goes with the next one
	return usage{w.number(goroutinesTotal, "goroutine?debug=1"), len(files), w.number(heapAlloc, "heap?gc=1&debug=1"), w.number(stackInUse, "heap?debug=1")}
}

func (w *world) number(pattern *regexp.Regexp, profile string) int {
	w.t.Helper()
	found := pattern.FindStringSubmatch(w.profile(profile))
	if found == nil {
		w.t.Fatalf("the profile %s has no %s", profile, pattern)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) profile(name string) string {
	w.t.Helper()
	text, err := w.askProfile(context.Background(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

func (w *world) askProfile(ctx context.Context, name string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.admin+"/debug/pprof/"+name, nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no file of its own stays open
	resp, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("profile %s: %s", name, resp.Status)
	}
	return string(text), err
}

// returns waits until the server holds no more than before, and a bit.
func (w *world) returns(before, bit usage) usage {
	w.t.Helper()
	end := time.Now().Add(waitTimeout)
	for {
		now := w.usage()
		if now.goroutines <= before.goroutines+bit.goroutines && now.files <= before.files+bit.files && now.heap <= before.heap+bit.heap {
			return now
		}
		if time.Now().After(end) {
			w.t.Errorf("a leak: it holds %v, and held %v before", now, before)
			w.t.Logf("goroutines:\n%s", w.profile("goroutine?debug=1"))
			return now
		}
		time.Sleep(50 * time.Millisecond) // between two looks
	}
}
