package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
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

// report writes the tables of one series, in Markdown.
type report struct {
	out     io.Writer
	proxies []*proxy
	inputs  []*input
	rounds  [][][]round // by input and proxy
	inside  int         // inputs with which Parley can't be told from the A/A run
	outside []string    // the others
}

func newReport(w io.Writer, title string, proxies []*proxy) *report {
	fmt.Fprintf(w, "\n## %s\n\nCPU time of the proxy per request, in µs:\n\n", title)
	r := &report{out: w, proxies: proxies}
	header := []string{"input"}
	for _, p := range proxies {
		header = append(header, p.name)
		if p.base != "" {
			header = append(header, "against "+p.base)
		}
	}
	r.row(append(header, "rounds")...)
	r.row(slices.Repeat([]string{"---"}, len(header)+1)...)
	return r
}

// row writes a line of a table.
func (r *report) row(cells ...string) { tableRow(r.out, cells...) }

func tableRow(w io.Writer, cells ...string) {
	fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
}

// input writes the CPU time that was measured with one input.
func (r *report) input(in *input, rounds [][]round) {
	r.inputs, r.rounds = append(r.inputs, in), append(r.rounds, rounds)
	cpu := func(r round) float64 { return float64(r.cpu) / float64(time.Microsecond) }
	cells := []string{in.name}
	var noise [2]float64
	for i, p := range r.proxies {
		cells = append(cells, fmt.Sprintf("%.1f", quantile(values(rounds[i], cpu), 0.5)))
		if base := r.base(p); base >= 0 {
			all := ratios(rounds[i], rounds[base], cpu)
			median, low, high := quantile(all, 0.5), quantile(all, 0.25), quantile(all, 0.75)
			cells = append(cells, fmt.Sprintf("%.3f (%.3f–%.3f)", median, low, high))
			switch {
			case p.name == nameAgain:
				noise = [2]float64{low, high}
			case p.name == nameParley && noise[0] <= median && median <= noise[1]:
				r.inside++
			case p.name == nameParley:
				r.outside = append(r.outside, fmt.Sprintf("%s (%.3f)", in.name, median))
			}
		}
	}
	r.row(append(cells, strconv.Itoa(len(rounds[0])))...)
}

// result says in how many of the cases Parley's CPU time is within the noise.
func (r *report) result() {
	fmt.Fprintf(r.out, "\nparley's median is inside of the middle half of caddy again in %d of %d rows", r.inside, len(r.inputs))
	if len(r.outside) > 0 {
		fmt.Fprintf(r.out, "; outside: %s", strings.Join(r.outside, ", "))
	}
	fmt.Fprintln(r.out, ".")
}

// rates writes the requests per second of all inputs.
func (r *report) rates() {
	fmt.Fprint(r.out, "\nRequests per second:\n\n")
	header := []string{"input"}
	for _, p := range r.proxies {
		header = append(header, p.name)
	}
	r.row(header...)
	r.row(slices.Repeat([]string{"---"}, len(header))...)
	rate := func(r round) float64 { return r.rate }
	for k, in := range r.inputs {
		cells := []string{in.name}
		for i, p := range r.proxies {
			cell := fmt.Sprintf("%.0f", quantile(values(r.rounds[k][i], rate), 0.5))
			if base := r.base(p); base >= 0 {
				cell += fmt.Sprintf(" (%.2f)", quantile(ratios(r.rounds[k][i], r.rounds[k][base], rate), 0.5))
			}
			cells = append(cells, cell)
		}
		r.row(cells...)
	}
}

// memory writes what the proxies hold after all of that.
func (r *report) memory() error {
	fmt.Fprint(r.out, "\nMemory after the run, in MB:\n\n")
	r.row("proxy", "RSS", "more than its base", "anonymous", "of files", "at most")
	r.row(slices.Repeat([]string{"---"}, 6)...)
	all := make([]memory, len(r.proxies))
	for i, p := range r.proxies {
		var err error
		if all[i], err = p.memory(); err != nil {
			return err
		}
	}
	for i, p := range r.proxies {
		m, more := all[i], ""
		if base := r.base(p); base >= 0 {
			more = fmt.Sprintf("%+.1f", float64(m.rss-all[base].rss)/1e6)
		}
		r.row(p.name, megabytes(m.rss), more, megabytes(m.anonymous), megabytes(m.rss-m.anonymous), megabytes(m.most))
	}
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }

// base is the index of the proxy that p is compared with, or -1.
func (r *report) base(p *proxy) int {
	return slices.IndexFunc(r.proxies, func(o *proxy) bool { return o.name == p.base })
}

func values(rounds []round, of func(round) float64) []float64 {
	all := make([]float64, len(rounds))
	for i, r := range rounds {
		all[i] = of(r)
	}
	return all
}

// ratios compares round by round, so that what disturbs a whole cycle
// disturbs both sides.
func ratios(rounds, base []round, of func(round) float64) []float64 {
	return quotients(values(rounds, of), values(base, of))
}

func quotients(of, by []float64) []float64 {
	all := make([]float64, len(of))
	for i := range of {
		all[i] = of[i] / by[i]
	}
	return all
}

func median(values []float64) float64 { return quantile(values, 0.5) }

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
