// Command bench compares what a request costs in plain Caddy, in Caddy with
// Parley and, where it is installed, in nginx, and what the chat itself costs
// against its floor. docs/bench.md says how to read what it prints.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// plan says how long to measure.
type plan struct {
	total  time.Duration // of all inputs of all series together
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
	short := flag.Bool("quick", false, "measure for two minutes instead of fifteen: shows that it works, and large differences")
	only := flag.String("only", "", "measure only one `part`: proxies, chat, or of the chat messages, sockets or store")
	profile := flag.String("profile", "", "write the chat server's profiles: `NAME`.cpu under load, NAME.heap with idle sockets")
	flag.Parse()
	proxies, talk, part := choose(*only)
	if flag.NArg() > 0 || !proxies && !talk {
		flag.Usage()
		os.Exit(2)
	}
	p, chat := full, fullChat
	if *short {
		p, chat = quick, quickChat
	}
	chat.profile = *profile
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	printHeader(os.Stdout)
	var err error
	if proxies {
		err = within(ctx, p.total, func(ctx context.Context, dir string) error { return run(ctx, dir, p) })
	}
	if err == nil && talk {
		err = within(ctx, chat.total, func(ctx context.Context, dir string) error { return runChat(ctx, os.Stdout, dir, chat, part) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// choose says what a word asks for: the proxies, the chat, or one part of it.
// Neither, if there is no such part.
func choose(only string) (proxies, chat bool, part string) {
	switch only {
	case "":
		return true, true, ""
	case "proxies":
		return true, false, ""
	case "chat":
		return false, true, ""
	}
	known := slices.ContainsFunc(chatParts, func(p chatPart) bool { return p.name == only })
	return false, known, only
}

// within runs something in a temporary directory of its own, and gives it up
// when it takes much longer than planned.
func within(ctx context.Context, total time.Duration, run func(ctx context.Context, dir string) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, total+grace)
	defer cancel()
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	defer func() {
		if e := os.RemoveAll(dir); e != nil && err == nil {
			err = fmt.Errorf("removing the temporary directory: %w", e)
		}
	}()
	if err := run(ctx, dir); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("stopped before the end (%w): %w", context.Cause(ctx), err)
		}
		return err
	}
	return nil
}

// run compares the proxies.
func run(ctx context.Context, dir string, p plan) error {
	all := []*series{
		{title: "As it comes", dir: filepath.Join(dir, "plain"), inputs: inputs()},
		{title: "Through encode", dir: filepath.Join(dir, "encode"), inputs: encodedInputs(), encode: true},
		{title: "Compressed by the application", dir: filepath.Join(dir, "packed"), inputs: packedInputs(), packed: true},
	}
	left := 0
	for _, s := range all {
		left += len(s.inputs)
	}
	end := time.Now().Add(p.total)
	for _, s := range all {
		share := time.Until(end) * time.Duration(len(s.inputs)) / time.Duration(left)
		left -= len(s.inputs)
		if err := s.run(ctx, share, p.cycles); err != nil {
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
	packed bool // the upstream does
}

// run measures each input and reports, in about the time given.
func (s *series) run(ctx context.Context, total time.Duration, cycles int) error {
	end := time.Now().Add(total)
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return fmt.Errorf("making a directory for %q: %w", s.title, err)
	}
	f := &field{ctx: ctx, dir: s.dir, encode: s.encode, packed: s.packed}
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
	report.result()
	report.rates()
	return report.memory()
}
