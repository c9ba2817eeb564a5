//go:build race

package sizing_test

// cases bounds those of a table that run: the race detector, for which authflow
// has tests of its own, takes seven times as long. make sizing runs all.
const cases = 1
