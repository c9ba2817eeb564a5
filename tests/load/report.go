package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// column is a service, with its result or why there is none.
type column struct {
	name   string
	result *result
	why    error
}

// write writes the table.
func write(out io.Writer, l load, columns []column) {
	fmt.Fprintf(out, "%d users within %v, at a cluster that lets 100 calls a second through, %d at once; authflow keeps to %v.\n\n", l.users, l.over, l.burst, l.rate)
	line(out, "", columns, func(c column) string { return c.name })
	fmt.Fprintf(out, "| --- |%s\n", strings.Repeat(" ---: |", len(columns)))
	for _, row := range rows {
		line(out, row.name, columns, func(c column) string {
			if c.result == nil {
				return "–"
			}
			return row.of(c.result)
		})
	}
	for _, c := range columns {
		if c.why != nil {
			fmt.Fprintf(out, "\n%s: %v\n", c.name, c.why)
		}
	}
}

func line(out io.Writer, name string, columns []column, cell func(column) string) {
	fmt.Fprintf(out, "| %s |", name)
	for _, c := range columns {
		fmt.Fprintf(out, " %s |", cell(c))
	}
	fmt.Fprintln(out)
}

// rows are the rows of the table.
var rows = []struct { //nolint:gochecknoglobals // a table that never changes
	name string
	of   func(*result) string
}{
	{"pages that asked", func(r *result) string { return fmt.Sprint(r.pages) }},
	{"… got a token", func(r *result) string { return fmt.Sprint(r.answers[http.StatusOK]) }},
	{"… got none", func(r *result) string { return fmt.Sprint(r.without) }},
	{"wait, p50", func(r *result) string { return seconds(r.waits.at(0.5)) }},
	{"wait, p95", func(r *result) string { return seconds(r.waits.at(0.95)) }},
	{"wait, p99", func(r *result) string { return seconds(r.waits.at(0.99)) }},
	{"wait, longest", func(r *result) string { return seconds(r.waits.at(1)) }},
	{"slow users served, longest wait", func(r *result) string { return served(r.slow) }},
	{"tabs of users with 30 served, longest wait", func(r *result) string { return served(r.crowded) }},
	{"until the last page was done", func(r *result) string { return seconds(r.last) }},
	{"tokens given twice", func(r *result) string { return fmt.Sprint(r.twice) }},
	{"429 by the cluster", func(r *result) string { return fmt.Sprint(r.refusedByCluster) }},
	{"other than 200 by the service", func(r *result) string { return others(r) }},
	{"calls of the cluster", func(r *result) string { return fmt.Sprint(r.mints + r.refusedByCluster) }},
	{"memory of the service, peak", func(r *result) string {
		if r.memory == 0 {
			return "not known"
		}
		return fmt.Sprintf("%d MB", r.memory/1e6)
	}},
	{"processor time of the service", func(r *result) string { return seconds(r.processor) }},
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func served(w waits) string { return fmt.Sprintf("%d, %s", len(w), seconds(w.at(1))) }

// others counts what was not a token, by status.
func others(r *result) string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(r.answers)) {
		if status != http.StatusOK {
			parts = append(parts, fmt.Sprintf("%d × %d", r.answers[status], status))
		}
	}
	if r.broken > 0 {
		parts = append(parts, fmt.Sprintf("%d × no response", r.broken))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, ", ")
}
