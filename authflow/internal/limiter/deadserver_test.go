package limiter

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// A dead server is one of which no call succeeds until it is back. The first
// minute begins with the first call.
func TestR14_DeadServer_GetsFewCallsAndIsNoticedWhenItIsBack(t *testing.T) {
	t.Parallel()
	const back = 150 * time.Second
	for _, takes := range []time.Duration{10 * time.Millisecond, time.Second, 5 * time.Second, time.Hour} {
		for _, n := range []struct{ principals, requests int }{{1, 1000}, {2, 500}, {300, 1}, {1, 1}, {500, 1}, {30, 10}} {
			for _, warm := range []bool{false, true} {
				isLikeOthers := n.requests > 1 && (warm || takes == time.Second || takes == 5*time.Second)
				isTypical := n.principals == 30
				if isLikeOthers || !isTypical && !all() {
					continue
				}
				t.Run(fmt.Sprintf("failures after %v, %d principals with %d requests, warm %v", takes, n.principals, n.requests, warm), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						dies := time.Duration(0)
						if warm {
							dies = 20 * time.Second
						}
						w := newWorld(t, usual, 1, func(w *world, _ string) (*outcome.Failure, time.Duration) {
							if w.now() < dies || w.now() >= dies+back {
								return nil, fast
							}
							return unavailable(), takes
						})
						for i := range n.principals {
							for range n.requests {
								w.again(caller(fmt.Sprint("u", i)), time.Hour, time.Second)
							}
						}
						for i := range 20 {
							r := caller(fmt.Sprint("u", i%n.principals))
							r.Urgency = Revocation
							w.again(r, time.Hour, time.Second)
						}
						results, calls := w.end(dies + back + 30*time.Second)
						checkDead(t, results, calls, dies, back)
					})
				})
			}
		}
	}
}

func TestR14_SlowArrivalsAtADeadServer_GetFewCalls(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{300 * time.Millisecond, 600 * time.Millisecond, 740 * time.Millisecond, 900 * time.Millisecond, 1500 * time.Millisecond} {
		t.Run(every.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, func(*world, string) (*outcome.Failure, time.Duration) {
					return &outcome.Failure{Class: outcome.Unexpected}, fast // which is not retried
				})
				w.regularly(func(i int) Request { return caller(fmt.Sprint("u", i)) }, time.Minute, every)
				results, calls := w.end(200 * time.Second)
				checkDead(t, results, calls, 0, time.Hour)
			})
		})
	}
}

func TestR14_CrowdInALaterMinuteOfAnOutage_GetsFewCalls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, func(*world, string) (*outcome.Failure, time.Duration) { return unavailable(), fast })
		w.once(caller("first"), time.Second)
		sleep(time.Minute)
		for i := range 500 {
			w.again(caller(fmt.Sprint("u", i)), time.Minute, time.Second)
		}
		results, calls := w.end(100 * time.Second)
		checkDead(t, results, calls, 0, time.Hour)
	})
}
