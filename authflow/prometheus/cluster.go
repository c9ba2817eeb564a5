package prometheus

import (
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// clusterFigures are the metrics of a Cluster's Stats.
func clusterFigures() []figure[authflow.Stats] {
	type stats = authflow.Stats
	urgency := []string{"urgency"}
	return []figure[stats]{
		counter("cluster_calls_total", "Calls for credentials (mint) and calls that end them (revocation), by class of outcome.",
			[]string{"call", "class"}, calls),
		gauge("cluster_queue_length", "Requests in the rate-limit queue, by urgency.", urgency, func(s stats, set set) {
			set(float64(s.Queue.Callers.Length), "caller")
			set(float64(s.Queue.Ahead.Length), "ahead")
			set(float64(s.Queue.Revocations.Length), "revocation")
		}),
		gauge("cluster_queue_oldest_seconds", "How long the oldest request in the rate-limit queue has waited, by urgency.", urgency, func(s stats, set set) {
			set(s.Queue.Callers.Oldest.Seconds(), "caller")
			set(s.Queue.Ahead.Oldest.Seconds(), "ahead")
			set(s.Queue.Revocations.Oldest.Seconds(), "revocation")
		}),
		gauge("cluster_budget_calls", "Calls that may be sent before the next success: 20 while the server works; below 1 the circuit breaker holds all calls back.",
			nil, func(s stats, set set) { set(s.Budget) }),
		gauge("cluster_failing", "1 for the class of the latest failure until a call succeeds or five minutes have passed.",
			[]string{"class"}, failing),
		gauge("cluster_without_success_seconds", "Time since the first call after the latest success; 0 if no call was sent since.",
			nil, func(s stats, set set) { set(withoutSuccess(s.Since).Seconds()) }),
		gauge("cluster_rate_limit", "Rate limit in force, in calls a second; 0 means no limit.",
			nil, func(s stats, set set) { set(s.Rate) }),
		gauge("cluster_rate_limit_shared", "1 while the Store shares the rate limit with other processes.",
			nil, func(s stats, set set) { set(oneIf(s.SharedRate)) }),
		gauge("cluster_store_failing", "1 while an operation of the Store fails.",
			nil, func(s stats, set set) { set(oneIf(s.Store.Failing != "")) }),
		gauge("cluster_suspects", "Principals (users and Orgs) whose latest call failed.",
			nil, func(s stats, set set) { set(float64(s.Suspects)) }),
		gauge("cluster_rejected_passwords", "Passwords that count as rejected now.",
			nil, func(s stats, set set) { set(float64(s.RejectedPasswords)) }),
		gauge("cluster_unproven_keys", "Secret keys in use that no response has proven since they were new or rejected.",
			nil, func(s stats, set set) { set(float64(s.UnprovenKeys)) }),
	}
}

func calls(s authflow.Stats, set set) {
	for _, class := range authflow.Classes() {
		set(float64(s.Mints[class]), "mint", class)
		set(float64(s.Revocations[class]), "revocation", class)
	}
}

func failing(s authflow.Stats, set set) {
	for _, class := range failureClasses() {
		set(oneIf(s.LastFailure == class), class)
	}
}

func withoutSuccess(since time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return time.Since(since)
}
