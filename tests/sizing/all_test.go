//go:build !race

package sizing_test

const cases = 100
