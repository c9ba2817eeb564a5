package main

import (
	"strings"

	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// section is one line of the first table, and some of the second one.
type section struct {
	what string // empty if it is not in the first table
	rows []row
}

// row is one line of the second table: what was measured in one unit.
type row struct {
	what      string
	benchmark string // and, after a slash, what follows the library's name
	unit      string
	head      string // the words of the first table, with # for the value; empty if it is not there
	above     bool   // count from the limit
	more      bool   // more is not worse, so there is no ratio
	goals     []goal
}

// columns are the libraries; the limit, and what keeps no token, come last.
func columns() (all, renewing []string) {
	for _, p := range peers.Renewing() {
		all = append(all, p.Name)
		if p.Name != peers.Ours {
			renewing = append(renewing, p.Name)
		}
	}
	return append(all, "static", byHand, "per-request", limit), renewing
}

// byHand is the column of what people write themselves, and limit that of the
// least that can be done.
const (
	byHand = "by-hand"
	limit  = "limit"
)

// value is what a row shows for a library. Counted from the limit, it is the
// median of the differences within each round, which noise between the rounds
// does not change.
func (r row) value(res results, lib string) (float64, bool) {
	values := res.of(r.benchmark, lib, r.unit)
	if !r.above {
		return median(values)
	}
	least := res.of(r.benchmark, limit, r.unit)
	if lib == limit || len(least) != len(values) {
		return 0, false
	}
	above := make([]float64, len(values))
	for i := range values {
		above[i] = values[i] - least[i]
	}
	return median(above)
}

// best returns the least of a row among the libraries that renew.
func (r row) best(res results) (lib string, least float64, found bool) {
	_, renewing := columns()
	for _, l := range renewing {
		if v, ok := r.value(res, l); ok && (!found || v < least) {
			lib, least, found = l, v, true
		}
	}
	return lib, least, found
}

// quantity writes a value of the row, times in the unit that suits them.
func (r row) quantity(v float64) string {
	switch {
	case r.unit == "ns/op":
		return span(v)
	case strings.HasSuffix(r.unit, "-ms"):
		return span(v * 1e6)
	case strings.HasSuffix(r.unit, "-s"):
		return span(v * 1e9)
	default:
		return number(v)
	}
}

// headline puts a text into the words of the first table.
func (r row) headline(text string) string { return strings.Replace(r.head, "#", text, 1) }
