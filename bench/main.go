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
	"syscall"
	"time"
)

// plan says how long to measure.
type plan struct {
	total  time.Duration // of all inputs together
	cycles int           // rounds of each proxy and input to aim at
}

// Starting, warming up and stopping are not in the total.
var (
	full  = plan{total: 200 * time.Second, cycles: 15}
	quick = plan{total: 28 * time.Second, cycles: 7}
)

// grace is what the run may take longer than planned before it is given up:
// on a busy machine the least number of rounds can take longer.
const grace = time.Minute

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		runRole(role)
		return
	}
	short := flag.Bool("quick", false, "measure for half a minute instead of three and a half: shows that it works, and large differences")
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
	printHeader(os.Stdout)
	f := &field{ctx: ctx, dir: dir}
	defer f.stop()
	if err := f.start(); err != nil {
		return err
	}
	inputs := inputs()
	end := time.Now().Add(p.total)
	report := newReport(os.Stdout)
	for i, in := range inputs {
		slice := time.Until(end) / time.Duration(len(inputs)-i)
		rounds, err := measure(ctx, f.proxies, in, slice, p.cycles)
		if err != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("stopped before the end: %w", context.Cause(ctx))
			}
			return fmt.Errorf("measuring %s: %w", in.name, err)
		}
		report.input(in, f.proxies, rounds)
	}
	return report.memory(f.proxies)
}
