package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// printHeader says where and how the figures come about.
func printHeader(w io.Writer) {
	command := "go run ."
	for _, name := range []string{"GOMEMLIMIT", "GOGC"} { // the proxies inherit them
		if value := os.Getenv(name); value != "" {
			command = name + "=" + value + " " + command
		}
	}
	if len(os.Args) > 1 {
		command += " " + strings.Join(os.Args[1:], " ")
	}
	fmt.Fprintf(w, "%s  (%s, %d CPUs, %s %s/%s, %d connections, all on loopback)\n", command,
		time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, connections)
	var busy float64
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		if _, err := fmt.Sscan(string(text), &busy); err == nil && busy > 0.5 {
			fmt.Fprintf(w, "The machine is busy with something else (load average %.1f): small differences mean nothing.\n", busy)
		}
	}
}

// report writes a table, input by input.
type report struct {
	out   io.Writer
	began bool
}

func newReport(w io.Writer) *report { return &report{out: w} }

// columns are the table's columns.
const columns = "%-24s %-17s %9s  %-9s %7s %15s  %10s %7s  %6s\n"

// input writes what was measured with one input.
func (r *report) input(in *input, proxies []*proxy, rounds [][]round) {
	if !r.began {
		r.began = true
		fmt.Fprintf(r.out, "\n"+columns, "input", "proxy", "CPU µs", "against", "ratio", "middle half", "requests/s", "ratio", "rounds")
	}
	label := in.name
	for i, p := range proxies {
		var against, cpuRatio, half, rateRatio string
		base := slices.IndexFunc(proxies, func(o *proxy) bool { return o.name == p.base })
		if base >= 0 {
			cpus := ratios(rounds[i], rounds[base], func(r round) float64 { return float64(r.cpu) })
			rates := ratios(rounds[i], rounds[base], func(r round) float64 { return r.rate })
			against = p.base
			cpuRatio = fmt.Sprintf("%.3f", quantile(cpus, 0.5))
			half = fmt.Sprintf("%.3f–%.3f", quantile(cpus, 0.25), quantile(cpus, 0.75))
			rateRatio = fmt.Sprintf("%.3f", quantile(rates, 0.5))
		}
		cpu, rate := make([]float64, len(rounds[i])), make([]float64, len(rounds[i]))
		for k, one := range rounds[i] {
			cpu[k], rate[k] = float64(one.cpu)/float64(time.Microsecond), one.rate
		}
		fmt.Fprintf(r.out, columns, label, p.name, fmt.Sprintf("%.1f", quantile(cpu, 0.5)), against, cpuRatio, half,
			fmt.Sprintf("%.0f", quantile(rate, 0.5)), rateRatio, fmt.Sprint(len(rounds[i])))
		label = ""
	}
}

// memory writes what the proxies hold after all of that.
func (r *report) memory(proxies []*proxy) error {
	table := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "\nproxy\tRSS MB\tanonymous\tat most\t\n")
	for _, p := range proxies {
		m, err := p.memory()
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.1f\t\n", p.name, float64(m.rss)/1e6, float64(m.anonymous)/1e6, float64(m.most)/1e6)
	}
	return table.Flush()
}

// ratios compares round by round, so that what disturbs a whole cycle
// disturbs both sides.
func ratios(rounds, base []round, of func(round) float64) []float64 {
	all := make([]float64, len(rounds))
	for i := range rounds {
		all[i] = of(rounds[i]) / of(base[i])
	}
	return all
}

// quantile is the value below which the share q of the values lie,
// interpolated between two.
func quantile(values []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(values))
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}
