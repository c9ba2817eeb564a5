//go:build race

package sizing_test

// cases is how many cases of a table run. With the race detector, for which authflow
// has tests of its own, a case takes seven times as long. make sizing runs all cases.
const cases = 1
