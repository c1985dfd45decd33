// Command bench compares what a request costs in plain Caddy, in Caddy with
// Parley and, where it is installed, in nginx. docs/bench.md says how to read
// what it prints.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// plan says how long to measure.
type plan struct {
	total  time.Duration // of all inputs of both series together
	cycles int           // rounds of each proxy and input to aim at
}

// Starting, warming up and stopping are not in the total.
var (
	full  = plan{total: 11 * time.Minute, cycles: 21}
	quick = plan{total: time.Minute, cycles: 7}
)

// grace is what the run may take longer than planned before it is given up:
// on a busy machine the least number of rounds can take longer.
const grace = time.Minute

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		runRole(role)
		return
	}
	short := flag.Bool("quick", false, "measure for a minute instead of eleven: shows that it works, and large differences")
	flag.Parse()
	p := full
	if *short {
		p = quick
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, p.total+grace)
	err := run(ctx, p)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, p plan) (err error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	defer func() {
		if e := os.RemoveAll(dir); e != nil && err == nil {
			err = fmt.Errorf("removing the temporary directory: %w", e)
		}
	}()
	all := []*series{
		{title: "As it comes", dir: filepath.Join(dir, "plain"), inputs: inputs()},
		{title: "Through encode", dir: filepath.Join(dir, "encode"), inputs: encodedInputs(), encode: true},
	}
	left := 0
	for _, s := range all {
		left += len(s.inputs)
	}
	printHeader(os.Stdout)
	end := time.Now().Add(p.total)
	for _, s := range all {
		share := time.Until(end) * time.Duration(len(s.inputs)) / time.Duration(left)
		left -= len(s.inputs)
		if err := s.run(ctx, share, p.cycles); err != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("stopped before the end: %w", context.Cause(ctx))
			}
			return err
		}
	}
	return nil
}

// series is proxies that are configured alike, and what they are asked for.
// Each has processes of its own, so that their memory tells of it alone.
type series struct {
	title  string
	dir    string
	inputs []*input
	encode bool // the proxies compress
}

// run measures each input and reports, in about the time given.
func (s *series) run(ctx context.Context, total time.Duration, cycles int) error {
	end := time.Now().Add(total)
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return fmt.Errorf("making a directory for %q: %w", s.title, err)
	}
	f := &field{ctx: ctx, dir: s.dir, encode: s.encode}
	defer f.stop()
	if err := f.start(); err != nil {
		return err
	}
	report := newReport(os.Stdout, s.title, f.proxies)
	for i, in := range s.inputs {
		slice := time.Until(end) / time.Duration(len(s.inputs)-i)
		rounds, err := measure(ctx, f.proxies, in, slice, cycles)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", in.name, err)
		}
		report.input(in, rounds)
	}
	report.verdict()
	report.rates()
	return report.memory()
}
