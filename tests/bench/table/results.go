package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results are the values that were measured, by benchmark and unit, and what
// the benchmarks say about the machine.
type results struct {
	values map[string][]float64
	cpu    string
}

// processors is the suffix of a benchmark's name.
var processors = regexp.MustCompile(`-\d+$`)

// parse reads what benchmarks print.
func parse(printed []byte) results {
	r := results{values: map[string][]float64{}}
	for line := range strings.Lines(string(printed)) {
		if cpu, ok := strings.CutPrefix(line, "cpu: "); ok {
			r.cpu = strings.TrimSpace(cpu)
		}
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				key := name + " " + fields[i+1]
				r.values[key] = append(r.values[key], v)
			}
		}
	}
	return r
}

// of returns what was measured for a library, in the order of the rounds.
func (r results) of(benchmark, lib, unit string) []float64 {
	name, sub, _ := strings.Cut(benchmark, "/")
	name += "/lib=" + lib
	if sub != "" {
		name += "/" + sub
	}
	return r.values[name+" "+unit]
}

// median returns the median of values; false if there are none.
func median(values []float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2], true
}
