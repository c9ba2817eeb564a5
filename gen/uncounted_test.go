//go:build race || !go1.26

package gen_test

// uncounted is how many allocations the race detector, or an older Go, has at most
// beside those that a test counts.
const uncounted = 2
