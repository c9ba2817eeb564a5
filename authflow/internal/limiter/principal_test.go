package limiter

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

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
				if bad < 50 && !slices.Contains(typical, name) || !part(i+j+k, 4) {
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
		if !part(i, 4) {
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
			if !part(i+j, 4) {
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
					w.crowd("g", 5, time.Minute)
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
