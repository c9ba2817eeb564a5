package prometheus

import "github.com/go-thoughtspot/tsauth/authflow/pool"

// poolFigures are the metrics of a pool's Stats.
func poolFigures() []figure[pool.Stats] {
	return []figure[pool.Stats]{
		gauge("pool_flows", "Flows in the pool, one for each user.",
			nil, func(s pool.Stats, set set) { set(float64(s.Flows)) }),
		counter("pool_created_total", "Flows that were made.",
			nil, func(s pool.Stats, set set) { set(float64(s.Created)) }),
		counter("pool_create_failures_total", "Flows that could not be made.",
			nil, func(s pool.Stats, set set) { set(float64(s.Failed)) }),
		counter("pool_dropped_total", "Flows that were dropped because they were idle or the pool was full.",
			nil, func(s pool.Stats, set set) { set(float64(s.Dropped)) }),
		counter("pool_forgotten_total", "Flows that Forget logged out.",
			nil, func(s pool.Stats, set set) { set(float64(s.Forgotten)) }),
	}
}
