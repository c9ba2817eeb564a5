package main

import (
	"fmt"
	"math"

	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// goal is what our value of a row should be.
type goal struct {
	text string
	met  func(results, row, float64) (measured float64, met bool)
}

// atMost wants a value of at most limit.
func atMost(limit float64) goal {
	return goal{"≤ " + number(limit), func(_ results, _ row, v float64) (float64, bool) { return v, v <= limit }}
}

// near wants at most times the value of a column.
func near(column string, times float64) goal {
	text := fmt.Sprintf("≤ %s × %s", number(times), column)
	return goal{text, func(res results, r row, v float64) (float64, bool) {
		other, ok := r.value(res, column)
		return v / other, ok && v <= times*other
	}}
}

// faster wants the best library that renews to take that many times as long.
func faster(times float64) goal {
	return goal{fmt.Sprintf("best peer ≥ %s × ours", number(times)), func(res results, r row, v float64) (float64, bool) {
		least, ok := r.best(res)
		return least / v, ok && least >= times*v
	}}
}

// linear wants the same for each as where there are few, give or take a tenth.
func linear(few string) goal {
	return goal{"linear", func(res results, r row, v float64) (float64, bool) {
		small, ok := median(res.of(few, peers.Ours, r.unit))
		return v / small, ok && math.Abs(v/small-1) <= 0.1
	}}
}
