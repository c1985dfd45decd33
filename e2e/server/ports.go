package server

import (
	"net"
	"regexp"
	"strconv"
	"sync"
	"testing"
)

// handed are the ports that tests of this process were given: one of them may be
// asked for again before its server listens.
var handed sync.Map

// FreePort returns a TCP port of the loopback interface that nobody listens on.
func FreePort(t testing.TB) int {
	t.Helper()
	return freePorts(t, 1)[0]
}

// freePorts holds all ports until it has them, so that they differ.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := 0; i < n; {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("finding a free port: %v", err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
		if _, again := handed.LoadOrStore(ports[i], true); !again {
			i++
		}
	}
	return ports
}

var portInCaddyfile = regexp.MustCompile(`:(\d{4,5})\b`)

// RemapPorts gives each port that a Caddyfile names a free one in its place, so
// that a Caddyfile made for people runs beside whatever else runs. It returns
// the new text and what became of each port.
func RemapPorts(t testing.TB, caddyfile string) (string, map[string]string) {
	t.Helper()
	remapped := make(map[string]string)
	for _, match := range portInCaddyfile.FindAllStringSubmatch(caddyfile, -1) {
		remapped[match[1]] = ""
	}
	free := freePorts(t, len(remapped))
	for port := range remapped {
		remapped[port] = strconv.Itoa(free[0])
		free = free[1:]
	}
	text := portInCaddyfile.ReplaceAllStringFunc(caddyfile, func(port string) string {
		return ":" + remapped[port[1:]]
	})
	return text, remapped
}
