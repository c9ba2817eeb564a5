package limiter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

const fast = 50 * time.Millisecond

// badFail fails the calls of principals that begin with b.
func badFail(f *outcome.Failure, after time.Duration) server {
	return func(_ *world, principal string) (*outcome.Failure, time.Duration) {
		if principal[0] == 'b' {
			return f, after
		}
		return nil, fast
	}
}

// endings are the ways in which the mints of a bad principal end.
var endings = map[string]server{
	"502":                    badFail(&outcome.Failure{Class: outcome.Overloaded, Status: 502}, fast),
	"503 after 1 s":          badFail(unavailable(), time.Second),
	"504 after 9 s":          badFail(&outcome.Failure{Class: outcome.Overloaded, Status: 504}, 9*time.Second),
	"503, Retry-After 1":     badFail(&outcome.Failure{Class: outcome.Overloaded, RetryAfter: time.Second}, fast),
	"429":                    badFail(rateLimited(0), fast),
	"429, Retry-After 1":     badFail(rateLimited(time.Second), fast),
	"429, Retry-After 300":   badFail(rateLimited(300*time.Second), fast),
	"silence":                badFail(nil, time.Hour),
	"no connection":          badFail(&outcome.Failure{Class: outcome.NotSent}, time.Millisecond),
	"500":                    badFail(&outcome.Failure{Class: outcome.Other}, fast),
	"a page":                 badFail(&outcome.Failure{Class: outcome.Unexpected}, fast),
	"rejected":               badFail(rejected(), fast),
	"rejected after silence": badFail(rejected(), 9*time.Second),
}

// names returns the names of the endings in order.
func names() []string { return slices.Sorted(maps.Keys(endings)) }

// typical are the endings that differ most.
var typical = []string{"502", "429, Retry-After 300", "504 after 9 s", "silence"}

// checkOthers checks R13 for the good principals, of which the first came at
// began.
func checkOthers(t *testing.T, results []result, began time.Duration) {
	t.Helper()
	const coldTime = 20 * time.Second
	cold := of(results, 'g', 0, began+coldTime)
	warm := of(results, 'g', began+coldTime, time.Hour)
	t.Logf("first 20 s: 99 %% in %v; later: 99 %% in %v, 100 %% in %v", percentile(cold, .99), percentile(warm, .99), percentile(warm, 1))
	if len(cold) == 0 || len(warm) == 0 {
		t.Fatal("nobody came")
	}
	if n := failed(cold) + failed(warm); n > 0 {
		t.Errorf("%d of %d others failed", n, len(cold)+len(warm))
	}
	if wait := percentile(cold, .99); wait > 6*time.Second {
		t.Errorf("one in a hundred others waited %v in the first 20 s", wait)
	}
	if wait := percentile(warm, .99); wait > 2*time.Second {
		t.Errorf("one in a hundred others waited %v", wait)
	}
}

func TestR13_BadPrincipals_OthersAreServed(t *testing.T) {
	t.Parallel()
	for i, bad := range []int{1, 5, 20, 50} {
		for j, every := range []time.Duration{100 * time.Millisecond, 2 * time.Second} {
			for k, name := range names() {
				if bad < 50 && !slices.Contains(typical, name) || !part(i+j+k, 2) {
					continue
				}
				s := endings[name]
				t.Run(fmt.Sprintf("%d of them, others every %v, %s", bad, every, name), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						w := newWorld(t, usual, 1, s)
						for i := range bad {
							w.again(caller(fmt.Sprint("b", i)), 30*time.Second, time.Second)
							sleep(10 * time.Millisecond)
						}
						sleep(5 * time.Second)
						began := w.now()
						w.regularly(func(i int) Request { return caller(fmt.Sprint("g", i%450)) }, 10*time.Second, every)
						results, _ := w.end(playtime())
						checkOthers(t, results, began)
					})
				})
			}
		}
	}
}

func TestR13_PrincipalsThatTurnBad_OthersAreServed(t *testing.T) {
	t.Parallel()
	for i, name := range names() {
		if !part(i, 2) {
			continue
		}
		s := endings[name]
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, func(w *world, principal string) (*outcome.Failure, time.Duration) {
					if w.now() < playtime()/3 {
						return nil, fast
					}
					return s(w, principal)
				})
				for i := range 50 {
					w.again(caller(fmt.Sprint("b", i)), 30*time.Second, time.Second)
				}
				w.regularly(func(i int) Request { return caller(fmt.Sprint("g", i%450)) }, 10*time.Second, 100*time.Millisecond)
				results, _ := w.end(playtime())
				checkOthers(t, results, 0)
			})
		})
	}
}

func TestR13_OneNewFailingPrincipalForEachGoodOne_GoodOnesAreServed(t *testing.T) {
	t.Parallel()
	for i, every := range []time.Duration{time.Second, 200 * time.Millisecond} {
		for j, name := range names() {
			if !part(i+j, 2) {
				continue
			}
			s := endings[name]
			t.Run(fmt.Sprint(every, " ", name), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWorld(t, usual, 1, s)
					w.regularly(func(i int) Request { return caller(fmt.Sprint("b", i)) }, 30*time.Second, every)
					sleep(5 * time.Second)
					w.regularly(func(i int) Request { return caller(fmt.Sprint("g", i)) }, 10*time.Second, every)
					results, _ := w.end(playtime())
					checkOthers(t, results, 5*time.Second)
				})
			})
		}
	}
}

func TestR13_OneBadPrincipalWithManyRequests_OthersAreServed(t *testing.T) {
	t.Parallel()
	for i, name := range typical {
		if !part(i, 2) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, endings[name])
				for range 1000 {
					w.again(caller("b"), 30*time.Second, time.Second)
				}
				sleep(time.Second)
				// The requests of the bad principal delay another one by one turn, not by their number.
				w.regularly(func(i int) Request { return caller(fmt.Sprint("g", i%450)) }, 10*time.Second, 500*time.Millisecond)
				results, _ := w.end(100 * time.Second)
				for i := range results {
					results[i].ahead = 0
				}
				checkOthers(t, results, time.Second)
			})
		})
	}
}

// TestR13_UnreliableServer_FewFail has ten users a second in front of servers that
// fail a part of all calls, for all principals alike.
func TestR13_UnreliableServer_FewFail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fails func(w *world) bool
		most  int // of 2,000
	}{
		{"every third call", func(w *world) bool { return len(w.calls)%3 == 2 }, 10},
		{"one call in three", func(w *world) bool { return w.random.IntN(3) == 0 }, 10},
		{"up 5 s, down 5 s", func(w *world) bool { return w.now()%(10*time.Second) >= 5*time.Second }, 60},
		{"down 5 s, up 5 s", func(w *world) bool { return w.now()%(10*time.Second) < 5*time.Second }, 60},
	}
	for _, tt := range tests {
		for i, seed := range seeds(t, 4) {
			if !part(i, 2) {
				continue
			}
			t.Run(fmt.Sprint(tt.name, " ", seed), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWorld(t, usual, seed, func(w *world, _ string) (*outcome.Failure, time.Duration) {
						if tt.fails(w) {
							return unavailable(), fast
						}
						return nil, fast
					})
					w.regularly(func(i int) Request { return caller(fmt.Sprint("g", i%500)) }, 10*time.Second, 100*time.Millisecond)
					results, _ := w.end(211 * time.Second)
					came := of(results, 'g', 0, 200*time.Second)
					if n := failed(came); len(came) < 2000 || n > tt.most {
						t.Errorf("%d of %d failed", n, len(came))
					}
				})
			})
		}
	}
}

func TestR13_SlowServer_EverybodyIsServed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, func(*world, string) (*outcome.Failure, time.Duration) { return nil, 9 * time.Second })
		for i := range 100 {
			w.once(caller(fmt.Sprint("g", i)), time.Minute)
		}
		results, calls := w.end(2 * time.Minute)
		if failed(results) > 0 || len(calls) != 100 {
			t.Errorf("%d of %d failed, %d calls", failed(results), len(results), len(calls))
		}
	})
}

func TestR13_ColdStartWithSlowFirstUser_OthersAreServedAtOnce(t *testing.T) {
	for _, slow := range []int{1, 10} {
		t.Run(fmt.Sprint(slow), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, badFail(nil, 9*time.Second))
				for i := range slow {
					w.once(caller(fmt.Sprint("b", i)), time.Minute)
				}
				sleep(time.Millisecond)
				for i := range 20 {
					w.once(caller(fmt.Sprint("g", i)), time.Minute)
				}
				results, _ := w.end(time.Minute)
				others := of(results, 'g', 0, time.Minute)
				if failed(others) > 0 || percentile(others, 1) > time.Second {
					t.Errorf("%d others failed, the last waited %v", failed(others), percentile(others, 1))
				}
			})
		})
	}
}

func TestR13_PrincipalThatFailedOnce_IsServedBeforeTheCrowdThatCameLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		failedOnce := false
		w := newWorld(t, usual, 1, func(_ *world, principal string) (*outcome.Failure, time.Duration) {
			if principal == "x" && !failedOnce {
				failedOnce = true
				return unavailable(), fast
			}
			return nil, fast
		})
		w.once(caller("x"), time.Minute)
		sleep(time.Millisecond)
		for i := range 1500 {
			w.once(caller(fmt.Sprint("g", i)), time.Hour)
		}
		results, _ := w.end(time.Minute)
		x := of(results, 'x', 0, time.Minute)
		if len(x) != 1 || x[0].err != nil || x[0].took > time.Second {
			t.Errorf("%+v", x)
		}
		if n := failed(results); n > 0 || len(results) != 1501 {
			t.Errorf("%d of %d failed", n, len(results))
		}
	})
}

func TestR13_FailureThenSlowUser_OthersDoNotWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first := true
		w := newWorld(t, usual, 1, func(_ *world, principal string) (*outcome.Failure, time.Duration) {
			switch {
			case first:
				first = false
				return unavailable(), fast
			case principal == "s":
				return nil, 9 * time.Second
			}
			return nil, fast
		})
		w.once(caller("f"), time.Minute)
		sleep(100 * time.Millisecond)
		w.once(caller("s"), time.Minute)
		sleep(time.Millisecond)
		for i := range 20 {
			w.once(caller(fmt.Sprint("g", i)), time.Minute)
		}
		results, _ := w.end(time.Minute)
		others := of(results, 'g', 0, time.Minute)
		if failed(results) > 0 || percentile(others, 1) > time.Second {
			t.Errorf("%d failed, the last of the others waited %v", failed(results), percentile(others, 1))
		}
	})
}

// A dead server is one of which no call succeeds until it is back. The first
// minute begins with the first call.
func TestR14_DeadServer_GetsFewCallsAndIsNoticedWhenItIsBack(t *testing.T) {
	t.Parallel()
	const back = 150 * time.Second
	for i, takes := range []time.Duration{10 * time.Millisecond, time.Second, 5 * time.Second, time.Hour} {
		for j, n := range []struct{ principals, requests int }{{1, 1000}, {2, 500}, {300, 1}, {1, 1}, {500, 1}, {30, 10}} {
			for k, warm := range []bool{false, true} {
				if n.requests > 1 && (warm || takes == time.Second || takes == 5*time.Second) || !part(3*i+j+k, 5) {
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

// checkDead checks R14 for a server that was dead for a time from when it died.
func checkDead(t *testing.T, results []result, calls []call, dies, dead time.Duration) {
	t.Helper()
	var minutes [5]int
	for _, c := range calls {
		if c.failed && c.at >= dies && c.at < dies+dead {
			minutes[(c.at-dies)/time.Minute]++
		}
	}
	if minutes[0] > 60 || minutes[1] > 40 || minutes[2] > 40 || minutes[3] > 40 {
		t.Errorf("calls in each minute: %v", minutes)
	}
	known := firstFailure(calls, dies) + usual.Timeout
	served := time.Hour
	for _, r := range results {
		if r.err == nil && r.ended() > dies+dead {
			served = min(served, r.ended())
		}
		var told *QueueError
		if !errors.As(r.err, &told) {
			continue
		}
		if told.Failure == nil || told.RetryAfter <= 0 {
			t.Fatalf("told nothing: %+v", told)
		}
		// A later attempt of a flight comes later than the flight.
		if limit := max(known, r.began+2*time.Second); r.attempts == 1 && r.ended() > limit {
			t.Fatalf("told at %v, not at %v: %+v", r.ended(), limit, r)
		}
	}
	if served > dies+dead+10*time.Second {
		t.Errorf("first success %v after the server was back", served-dies-dead)
	}
	t.Logf("calls in each minute: %v; served %v after it was back", minutes, served-dies-dead)
}

// firstFailure returns when the first failure can have been known.
func firstFailure(calls []call, dies time.Duration) time.Duration {
	for _, c := range calls {
		if c.failed && c.at >= dies {
			return c.at + attemptTime
		}
	}
	return 0
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

func TestR13_NewcomersWhileSuspectsUseUpTheBudget_AreServedAtOnce(t *testing.T) {
	t.Parallel()
	for _, name := range typical {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, endings[name])
				for i := range 50 {
					w.again(caller(fmt.Sprint("b", i)), time.Hour, time.Second)
				}
				sleep(25 * time.Second) // and each has failed, or is held
				for range 3 {
					sleep(25 * time.Second)
					for i := range 5 {
						w.once(caller(fmt.Sprint("g", i)), time.Minute)
					}
				}
				results, _ := w.end(10 * time.Second)
				others := of(results, 'g', 0, time.Hour)
				if len(others) != 15 || failed(others) > 0 || percentile(others, 1) > time.Second {
					t.Errorf("%d of %d failed, the last waited %v", failed(others), len(others), percentile(others, 1))
				}
			})
		})
	}
}
