//go:build !race && go1.26

package gen_test

// uncounted is how many allocations a test allows beside those that it counts: none.
const uncounted = 0
