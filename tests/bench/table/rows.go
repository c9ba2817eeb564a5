package main

import "github.com/go-thoughtspot/tsauth/tests/bench/peers"

// row is one line of the table: what was measured in one unit.
type row struct {
	what      string
	benchmark string // and, after a slash, what follows the library's name
	unit      string
	above     bool // count from the limit
	more      bool // more is not worse, so there is no ratio
	goals     []goal
}

// rows are the table, in the order of the files that measure them.
func rows() []row {
	return []row{
		{what: "1 Inject, 1 goroutine: ns", benchmark: "Inject", unit: "ns/op", goals: []goal{near(limit, 1.5), faster(3)}},
		{what: "– allocations", benchmark: "Inject", unit: "allocs/op", goals: []goal{atMost(0)}},
		{what: "1 Inject, GOMAXPROCS goroutines: ns", benchmark: "InjectParallel", unit: "ns/op", goals: []goal{near(limit, 1.5), faster(3)}},
		{what: "– allocations", benchmark: "InjectParallel", unit: "allocs/op", goals: []goal{atMost(0)}},
		{what: "2 Send, no-op transport: ns", benchmark: "Send", unit: "ns/op", goals: []goal{near(byHand, 1.1)}},
		{what: "– ns above http.Client", benchmark: "Send", unit: "ns/op", above: true},
		{what: "– allocations above http.Client", benchmark: "Send", unit: "allocs/op", above: true, goals: []goal{near(byHand, 1)}},
		{what: "2 Send, a GET without a header: ns", benchmark: "SendBare", unit: "ns/op", goals: []goal{near(byHand, 1.1)}},
		{what: "– ns above http.Client", benchmark: "SendBare", unit: "ns/op", above: true},
		{what: "– allocations above http.Client", benchmark: "SendBare", unit: "allocs/op", above: true, goals: []goal{near(byHand, 1)}},
		{what: "2 Send, over loopback: ns", benchmark: "SendLoopback", unit: "ns/op", goals: []goal{near(byHand, 1.1), near(limit, 1.1)}},
		{what: "– allocations above http.Client", benchmark: "SendLoopback", unit: "allocs/op", above: true, goals: []goal{near(byHand, 1)}},
		{what: "2 Session, cookies added (limit: http.Client's jar): ns", benchmark: "Session", unit: "ns/op", goals: []goal{near(limit, 1)}},
		{what: "– allocations", benchmark: "Session", unit: "allocs/op", goals: []goal{atMost(1)}},
		{what: "– whole request, no-op transport: ns", benchmark: "SessionSend", unit: "ns/op", goals: []goal{near(limit, 1)}},
		{what: "– allocations", benchmark: "SessionSend", unit: "allocs/op", goals: []goal{near(limit, 1)}},
		{what: "2 First token (limit: the bare generated client): ns", benchmark: "Acquire", unit: "ns/op"},
		{what: "– ns above the generated client", benchmark: "Acquire", unit: "ns/op", above: true},
		{what: "– allocations", benchmark: "Acquire", unit: "allocs/op"},
		{what: "3 Renewal under load: requests", benchmark: "Renewal", unit: "requests", more: true},
		{what: "– token calls", benchmark: "Renewal", unit: "token-calls"},
		{what: "– p50 ms", benchmark: "Renewal", unit: "p50-ms"},
		{what: "– p99 ms", benchmark: "Renewal", unit: "p99-ms"},
		{what: "– p99.9 ms", benchmark: "Renewal", unit: "p99.9-ms"},
		{what: "– p99.9 of a static token in the meantime, ms", benchmark: "Renewal", unit: "static-p99.9-ms", more: true},
		{what: "– p99.9 ÷ that of the static token", benchmark: "Renewal", unit: "p99.9/static", goals: []goal{atMost(1.2)}},
		{what: "– max ms", benchmark: "Renewal", unit: "max-ms"},
		{what: "– errors", benchmark: "Renewal", unit: "errors", goals: []goal{atMost(0)}},
		{what: "3 with their margin set to 0.4 s: token calls", benchmark: "RenewalTuned", unit: "token-calls", more: true},
		{what: "– p99.9 ÷ that of the static token", benchmark: "RenewalTuned", unit: "p99.9/static", more: true},
		{what: "– max ms", benchmark: "RenewalTuned", unit: "max-ms", more: true},
		{what: "– errors", benchmark: "RenewalTuned", unit: "errors", more: true},
		{what: "4 Herd of 10,000: token calls", benchmark: "Herd", unit: "token-calls", goals: []goal{atMost(1)}},
		{what: "– all served after ms", benchmark: "Herd", unit: "served-ms", goals: []goal{atMost(70)}},
		{what: "– goroutines while they wait", benchmark: "Herd", unit: "goroutines"},
		{what: "– MiB while they wait", benchmark: "Herd", unit: "MiB"},
		{what: "5 Revocation under load: token calls", benchmark: "Revocation", unit: "token-calls", more: true},
		{what: "– errors that callers saw", benchmark: "Revocation", unit: "errors", goals: []goal{atMost(0)}},
		{what: "– recovered after ms", benchmark: "Revocation", unit: "recovery-ms"},
		{what: "6 Token calls in 10 min, 10,000 requests", benchmark: "TokenCalls", unit: "token-calls"},
		{what: "7 Memory, 1,000 idle: bytes each", benchmark: "Memory/clients=1000", unit: "bytes/client", goals: []goal{atMost(399)}},
		{what: "– 100,000 idle: bytes each", benchmark: "Memory/clients=100000", unit: "bytes/client", goals: []goal{atMost(399)}},
		{what: "– 1,000,000 idle: bytes each", benchmark: "Memory/clients=1000000", unit: "bytes/client", goals: []goal{
			atMost(399), linear("Memory/clients=1000"),
		}},
		{what: "8 Import: packages above net/http", benchmark: "Import", unit: "packages", above: true},
		{what: "– binary, KiB above net/http", benchmark: "Import", unit: "KiB", above: true},
		{what: "– build from an empty cache, s", benchmark: "Import", unit: "build-s"},
	}
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
func (r row) best(res results) (least float64, found bool) {
	_, renewing := columns()
	for _, lib := range renewing {
		if v, ok := r.value(res, lib); ok && (!found || v < least) {
			least, found = v, true
		}
	}
	return least, found
}
