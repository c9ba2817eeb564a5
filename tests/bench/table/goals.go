package main

import (
	"fmt"
	"math"

	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// goal is what our value of a row should be.
type goal struct {
	sign  string  // and, behind it, the limit
	limit float64 // in the unit of the row
	text  string  // in place of sign and limit, if the limit is not a constant
	met   func(results, row, float64) (measured float64, met bool)
}

// words says what the goal is, with its limit as show writes it.
func (g goal) words(show func(float64) string) string {
	switch {
	case g.text != "":
		return g.text
	case g.limit == 0:
		return show(0)
	default:
		return g.sign + " " + show(g.limit)
	}
}

// atMost wants a value of at most limit.
func atMost(limit float64) goal {
	return goal{sign: "≤", limit: limit, met: func(_ results, _ row, v float64) (float64, bool) { return v, v <= limit }}
}

// below wants a value below limit.
func below(limit float64) goal {
	return goal{sign: "<", limit: limit, met: func(_ results, _ row, v float64) (float64, bool) { return v, v < limit }}
}

// near wants at most times the value of a column.
func near(column string, times float64) goal {
	text := fmt.Sprintf("≤ %s × %s", number(times), column)
	return goal{text: text, met: func(res results, r row, v float64) (float64, bool) {
		other, ok := r.value(res, column)
		return v / other, ok && v <= times*other
	}}
}

// faster wants the best library that renews to take that many times as long.
func faster(times float64) goal {
	return goal{text: fmt.Sprintf("best peer ≥ %s × ours", number(times)), met: func(res results, r row, v float64) (float64, bool) {
		_, least, ok := r.best(res)
		return least / v, ok && least >= times*v
	}}
}

// linear wants the same for each as where there are few, give or take a tenth.
func linear(few string) goal {
	return goal{text: "linear", met: func(res results, r row, v float64) (float64, bool) {
		small, ok := median(res.of(few, peers.Ours, r.unit))
		return v / small, ok && math.Abs(v/small-1) <= 0.1
	}}
}

// verdict is a goal and what became of it.
type verdict struct {
	goal
	measured float64 // the value, or what the goal compares of it
	isMet    bool
}

// verdicts judges our value of a row. There are none if it was not measured.
func (r row) verdicts(res results) (all []verdict) {
	ours, measured := r.value(res, peers.Ours)
	if !measured {
		return nil
	}
	for _, g := range r.goals {
		v, ok := g.met(res, r, ours)
		all = append(all, verdict{g, v, ok})
	}
	return all
}

// tally counts verdicts.
func tally(all []verdict) (met, missed int) {
	for _, v := range all {
		if v.isMet {
			met++
		} else {
			missed++
		}
	}
	return met, missed
}
