package main

// sections are both tables, in the order of the files that measure them. The goals are
// the project's own; where one is missed, the tables say so.
func sections() []section {
	all := append(requests(), firstToken(), herd(), renewal(), revocation(), store(), memory(), nineOClock(), badUsers(), deadServer())
	return append(all, imported(), pooled(), calls())
}

// requests are the sections on one request with a live credential.
func requests() []section {
	return []section{
		{"add the token to a request", []row{
			{what: "1 Inject, 1 goroutine: ns", benchmark: "Inject", unit: "ns/op", head: "#", goals: []goal{near(limit, 1.5), faster(3)}},
			{what: "– allocations", benchmark: "Inject", unit: "allocs/op", head: "# allocations", goals: []goal{atMost(0)}},
			{what: "1 Inject, GOMAXPROCS goroutines: ns", benchmark: "InjectParallel", unit: "ns/op", goals: []goal{near(limit, 1.5), faster(3)}},
			{what: "– allocations", benchmark: "InjectParallel", unit: "allocs/op", goals: []goal{atMost(0)}},
		}},
		{"send a bare GET over loopback", []row{
			{what: "2 Bare GET over HTTP/1: ns", benchmark: "SendHTTP1", unit: "ns/op", head: "HTTP/1 #", goals: []goal{near(byHand, 1.1), near(limit, 1.1)}},
			{what: "– over HTTP/2: ns", benchmark: "SendHTTP2", unit: "ns/op", head: "HTTP/2 #", goals: []goal{near(byHand, 1.1), near(limit, 1.1)}},
			{what: "– no-op transport: ns", benchmark: "SendBare", unit: "ns/op", goals: []goal{near(byHand, 1.1)}},
			{what: "– ns above http.Client", benchmark: "SendBare", unit: "ns/op", above: true},
			{what: "– allocations above http.Client", benchmark: "SendBare", unit: "allocs/op", above: true, head: "# allocations above http.Client", goals: []goal{
				atMost(4), near(byHand, 1),
			}},
			{what: "2 GET of a generated client, no-op transport: ns", benchmark: "Send", unit: "ns/op", goals: []goal{near(byHand, 1.1)}},
			{what: "– ns above http.Client", benchmark: "Send", unit: "ns/op", above: true},
			{what: "– allocations above http.Client", benchmark: "Send", unit: "allocs/op", above: true, goals: []goal{near(byHand, 1)}},
		}},
		{"send a POST of 1 KiB over loopback", []row{
			{what: "3 POST of 1 KiB over HTTP/1: ns", benchmark: "Post", unit: "ns/op", head: "#", goals: []goal{near(byHand, 1.1), near(limit, 1.1)}},
			{what: "– no-op transport: ns", benchmark: "PostNoOp", unit: "ns/op", goals: []goal{near(byHand, 1.1)}},
			{what: "– ns above http.Client", benchmark: "PostNoOp", unit: "ns/op", above: true},
			{what: "– allocations above http.Client", benchmark: "PostNoOp", unit: "allocs/op", above: true, head: "# allocations above http.Client", goals: []goal{
				near(byHand, 1),
			}},
		}},
		{"send a bare GET on a session", []row{
			{what: "4 Session, whole request, no-op transport: ns", benchmark: "SessionSend", unit: "ns/op", head: "#", goals: []goal{near(limit, 1)}},
			{what: "– allocations", benchmark: "SessionSend", unit: "allocs/op", head: "# allocations", goals: []goal{atMost(15), near(limit, 1)}},
			{what: "4 Session, cookies added: ns", benchmark: "Session", unit: "ns/op", goals: []goal{near(limit, 1)}},
			{what: "– allocations", benchmark: "Session", unit: "allocs/op", head: "# of them for the cookies", goals: []goal{atMost(1)}},
		}},
	}
}

func firstToken() section {
	return section{"get the first token", []row{
		{what: "5 First token (limit: the bare generated client): ns", benchmark: "Acquire", unit: "ns/op", head: "#"},
		{what: "– ns above the generated client", benchmark: "Acquire", unit: "ns/op", above: true},
		{what: "– allocations", benchmark: "Acquire", unit: "allocs/op", head: "# allocations", goals: []goal{atMost(90)}},
	}}
}

func herd() section {
	return section{"10,000 callers on an expired token", []row{
		{what: "6 Herd of 10,000: token calls", benchmark: "Herd", unit: "token-calls", head: "token calls: #", goals: []goal{atMost(1)}},
		{what: "– all served after ms", benchmark: "Herd", unit: "served-ms", head: "all served after #", goals: []goal{atMost(70)}},
		{what: "– goroutines while they wait", benchmark: "Herd", unit: "goroutines"},
		{what: "– MiB while they wait", benchmark: "Herd", unit: "MiB"},
	}}
}

func renewal() section {
	return section{"renewal under load", []row{
		{what: "7 Renewal under load: p99.9 ms", benchmark: "Renewal", unit: "p99.9-ms", head: "p99.9 #"},
		{what: "– p99.9 of a static token in the meantime, ms", benchmark: "Renewal", unit: "static-p99.9-ms", more: true},
		{what: "– p99.9 ÷ that of the static token", benchmark: "Renewal", unit: "p99.9/static", head: "# × a static token's", goals: []goal{atMost(1.2)}},
		{what: "– p50 ms", benchmark: "Renewal", unit: "p50-ms"},
		{what: "– p99 ms", benchmark: "Renewal", unit: "p99-ms"},
		{what: "– max ms", benchmark: "Renewal", unit: "max-ms"},
		{what: "– errors", benchmark: "Renewal", unit: "errors", head: "# errors", goals: []goal{atMost(0)}},
		{what: "– requests", benchmark: "Renewal", unit: "requests", more: true},
		{what: "– token calls", benchmark: "Renewal", unit: "token-calls"},
		{what: "7 with their margin set to 0.4 s: token calls", benchmark: "RenewalTuned", unit: "token-calls", more: true},
		{what: "– p99.9 ÷ that of the static token", benchmark: "RenewalTuned", unit: "p99.9/static", more: true},
		{what: "– max ms", benchmark: "RenewalTuned", unit: "max-ms", more: true},
		{what: "– errors", benchmark: "RenewalTuned", unit: "errors", more: true},
	}}
}

func revocation() section {
	return section{"all tokens revoked under load", []row{
		{what: "8 Revocation under load: errors that callers saw", benchmark: "Revocation", unit: "errors", head: "# errors", goals: []goal{atMost(0)}},
		{what: "– recovered after ms", benchmark: "Revocation", unit: "recovery-ms", head: "recovered after #"},
		{what: "– token calls", benchmark: "Revocation", unit: "token-calls", more: true},
	}}
}

func store() section {
	return section{"take a token from a Store", []row{
		{what: "9 Store that has the token, a file: ns", benchmark: "StoreHit/store=file", unit: "ns/op", head: "# from a file"},
		{what: "– allocations", benchmark: "StoreHit/store=file", unit: "allocs/op"},
		{what: "– token calls", benchmark: "StoreHit/store=file", unit: "token-calls", head: "# token calls", goals: []goal{atMost(0)}},
		{what: "9 Store in memory: ns", benchmark: "StoreHit/store=memory", unit: "ns/op", head: "# from memory"},
		{what: "– allocations", benchmark: "StoreHit/store=memory", unit: "allocs/op"},
	}}
}

func memory() section {
	return section{"memory of a principal in use", []row{
		{what: "10 Memory, 10,000 in use: bytes each", benchmark: "MemoryInUse", unit: "bytes/client", head: "# bytes", goals: []goal{below(500)}},
		{what: "10 Memory, 1,000 idle: bytes each", benchmark: "Memory/clients=1000", unit: "bytes/client", goals: []goal{atMost(399)}},
		{what: "– 100,000 idle: bytes each", benchmark: "Memory/clients=100000", unit: "bytes/client", goals: []goal{atMost(399)}},
		{what: "– 1,000,000 idle: bytes each", benchmark: "Memory/clients=1000000", unit: "bytes/client", goals: []goal{
			atMost(399), linear("Memory/clients=1000"),
		}},
	}}
}

func nineOClock() section {
	return section{"10,000 users at nine o'clock", []row{
		{what: "11 10,000 first tokens in 10 s, 100 calls a second allowed: errors", benchmark: "NineOClock", unit: "errors", head: "# errors", goals: []goal{
			atMost(0),
		}},
		{what: "– responses with 429", benchmark: "NineOClock", unit: "limited", head: "# responses with 429", goals: []goal{atMost(0)}},
		{what: "– token calls", benchmark: "NineOClock", unit: "token-calls", head: "# token calls"},
		{what: "– all served after s", benchmark: "NineOClock", unit: "served-s", head: "all served after #"},
		{what: "11 the same at 90 calls a second, where 50 is the default: responses with 429", benchmark: "NineOClockTuned", unit: "limited", goals: []goal{
			atMost(0),
		}},
		{what: "– all served after s", benchmark: "NineOClockTuned", unit: "served-s"},
	}}
}

func badUsers() section {
	return section{"20 bad users among 500", []row{
		{what: "12 20 users of 500 never succeed: errors of the others", benchmark: "BadUsers", unit: "errors", head: "# errors of the others", goals: []goal{atMost(0)}},
		{what: "– longest wait of the others in the first 20 s, s", benchmark: "BadUsers", unit: "early-s", head: "their longest wait # in the first 20 s", goals: []goal{below(6)}},
		{what: "– p99 of their wait after that, s", benchmark: "BadUsers", unit: "p99-s", head: "p99 # after that", goals: []goal{below(2)}},
		{what: "– calls a minute for the bad users", benchmark: "BadUsers", unit: "calls/min", head: "# calls a minute for the bad ones"},
	}}
}

func deadServer() section {
	return section{"500 users, a dead server", []row{
		{what: "13 Server down for 150 s, 500 users: calls in the first minute", benchmark: "DeadServer", unit: "calls-minute-1", head: "# calls in the first minute", goals: []goal{
			atMost(60),
		}},
		{what: "– calls in a later minute", benchmark: "DeadServer", unit: "calls-later-minute", head: "# in a later one", goals: []goal{atMost(40)}},
		{what: "– all that wait are told after the first failure, s", benchmark: "DeadServer", unit: "told-s", head: "waiting callers told after #", goals: []goal{atMost(30)}},
		{what: "– longest wait for an error, s", benchmark: "DeadServer", unit: "longest-s"},
		{what: "– first success after the server is back, s", benchmark: "DeadServer", unit: "first-s", head: "first success # after its return", goals: []goal{atMost(10)}},
		{what: "– all served after the server is back, s", benchmark: "DeadServer", unit: "all-s"},
	}}
}

func imported() section {
	return section{"import it", []row{
		{what: "14 Import: third-party packages", benchmark: "Import", unit: "third-party", head: "# third-party packages", goals: []goal{atMost(0)}},
		{what: "– packages above net/http", benchmark: "Import", unit: "packages", above: true, head: "# packages above net/http"},
		{what: "– binary, KiB above net/http", benchmark: "Import", unit: "KiB", above: true, head: "# KiB above it"},
		{what: "– build from an empty cache, s", benchmark: "Import", unit: "build-s"},
	}}
}

func pooled() section {
	return section{"find a user's client among 10,000", []row{
		{what: "15 Pool, 1 goroutine: ns", benchmark: "PoolGet", unit: "ns/op", head: "#"},
		{what: "– allocations", benchmark: "PoolGet", unit: "allocs/op", head: "# allocations", goals: []goal{atMost(0)}},
		{what: "15 Pool, GOMAXPROCS goroutines: ns", benchmark: "PoolGetParallel", unit: "ns/op", head: "# in parallel"},
		{what: "– allocations", benchmark: "PoolGetParallel", unit: "allocs/op", goals: []goal{atMost(0)}},
	}}
}

func calls() section {
	return section{rows: []row{
		{what: "16 Token calls in 10 min, 10,000 requests", benchmark: "TokenCalls", unit: "token-calls"},
	}}
}
