package limiter

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

type server = func(w *world, who string) (*outcome.Failure, time.Duration)

const fast = 50 * time.Millisecond

func isBad(who string) bool { return who[0] == 'b' }

// failingFor fails the calls of bad principals in one way after a time, and serves
// the others fast.
func failingFor(f *outcome.Failure, after time.Duration) server {
	return func(_ *world, who string) (*outcome.Failure, time.Duration) {
		if isBad(who) {
			return f, after
		}
		return nil, fast
	}
}

// good picks the results of the good principals that began in a time.
func good(results []result, from, to time.Duration) (waits []time.Duration, failed []result) {
	for _, r := range results {
		if isBad(r.principal) || r.began < from || r.began >= to {
			continue
		}
		waits = append(waits, r.took)
		if r.err != nil {
			failed = append(failed, r)
		}
	}
	slices.Sort(waits)
	return waits, failed
}

func percentile(waits []time.Duration, p float64) time.Duration {
	return waits[min(len(waits)-1, int(p*float64(len(waits))))]
}

func TestR13_BadPrincipals_LetOthersPass(t *testing.T) {
	for _, bad := range []int{1, 5, 20, 50} {
		for _, every := range []time.Duration{100 * time.Millisecond, 2 * time.Second} {
			for name, s := range map[string]server{
				"502":             failingFor(&outcome.Failure{Class: outcome.Overloaded, Status: 502}, fast),
				"429":             failingFor(&outcome.Failure{Class: outcome.RateLimited, Status: 429}, fast),
				"429 retry after": failingFor(&outcome.Failure{Class: outcome.RateLimited, Status: 429, RetryAfter: 300 * time.Second}, fast),
				"503 after 1 s":   failingFor(&outcome.Failure{Class: outcome.Overloaded, RetryAfter: time.Second}, fast),
				"slow":            failingFor(unavailable(), 9*time.Second),
				"silence":         failingFor(unavailable(), time.Hour),
			} {
				t.Run(fmt.Sprint(bad, every, name), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						w := newWorld(t, usual, 1, s)
						for i := range bad {
							w.again(caller(fmt.Sprint("b", i)), 30*time.Second, time.Second)
							sleep(10 * time.Millisecond)
						}
						sleep(5 * time.Second)
						began := w.now()
						w.regularly(func(i int) Request { return caller(fmt.Sprint("g", i%450)) }, 10*time.Second, every)
						sleep(200 * time.Second)
						results, calls := w.end()
						cold, failedCold := good(results, 0, began+20*time.Second)
						warm, failed := good(results, began+20*time.Second, began+190*time.Second)
						t.Logf("cold: p99 %v; later p99 %v, max %v, %d calls", percentile(cold, .99), percentile(warm, .99), percentile(warm, 1), len(calls))
						if n := len(failedCold) + len(failed); n > 0 {
							t.Errorf("%d of the others failed", n)
						}
						if percentile(cold, 1) > 6*time.Second || percentile(warm, .99) > 2*time.Second {
							t.Error("others waited too long")
						}
					})
				})
			}
		}
	}
}

func TestR13_NewFailingPrincipalForEachGoodOne(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 200 * time.Millisecond, 100 * time.Millisecond} {
		t.Run(every.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, failingFor(unavailable(), fast))
				w.regularly(func(i int) Request { return caller(fmt.Sprint("b", i)) }, 30*time.Second, every)
				sleep(5 * time.Second)
				w.regularly(func(i int) Request { return caller(fmt.Sprint("g", i)) }, 10*time.Second, every)
				sleep(200 * time.Second)
				results, calls := w.end()
				cold, failedCold := good(results, 0, 25*time.Second)
				warm, failed := good(results, 25*time.Second, 190*time.Second)
				t.Logf("cold: p99 %v; later p99 %v, max %v, %d calls", percentile(cold, .99), percentile(warm, .99), percentile(warm, 1), len(calls))
				if n := len(failedCold) + len(failed); n > 0 {
					t.Errorf("%d of the others failed", n)
				}
				if percentile(cold, 1) > 6*time.Second || percentile(warm, .99) > 2*time.Second {
					t.Error("others waited too long")
				}
			})
		})
	}
}

func TestR13_FlakyServer_FewFail(t *testing.T) {
	n := 0
	for name, tt := range map[string]struct {
		fails func(w *world) bool
		most  float64 // part
	}{
		"every third": {func(*world) bool { n++; return n%3 == 0 }, 0.005},
		"one third":   {func(w *world) bool { return w.l.random.IntN(3) == 0 }, 0.005},
		"flapping":    {func(w *world) bool { return w.now()%(10*time.Second) >= 5*time.Second }, 0.03},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, func(w *world, _ string) (*outcome.Failure, time.Duration) {
					w.l.mu.Lock()
					defer w.l.mu.Unlock()
					if tt.fails(w) {
						return unavailable(), fast
					}
					return nil, fast
				})
				w.regularly(func(i int) Request { return caller(fmt.Sprint("g", i%500)) }, 10*time.Second, 100*time.Millisecond)
				sleep(200 * time.Second)
				results, calls := w.end()
				waits, failed := good(results, 0, 190*time.Second)
				t.Logf("%d of %d failed, p99 %v, %d calls", len(failed), len(waits), percentile(waits, .99), len(calls))
				if float64(len(failed)) > tt.most*float64(len(waits)) {
					t.Errorf("%d of %d failed", len(failed), len(waits))
				}
			})
		})
	}
}

func TestR14_DeadServer_GetsFewCalls(t *testing.T) {
	for _, takes := range []time.Duration{10 * time.Millisecond, time.Second, 5 * time.Second, 10 * time.Second} {
		for _, n := range [][2]int{{300, 1}, {1, 1000}, {2, 500}, {500, 1}, {30, 10}} {
			t.Run(fmt.Sprint(takes, n), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					dead := func(w *world, who string) (*outcome.Failure, time.Duration) {
						if w.now() < 150*time.Second {
							return unavailable(), takes
						}
						return nil, fast
					}
					w := newWorld(t, usual, 1, dead)
					for i := range n[0] {
						for range n[1] {
							w.again(caller(fmt.Sprint("u", i)), time.Hour, time.Second)
						}
						sleep(time.Millisecond)
					}
					sleep(220 * time.Second)
					results, calls := w.end()
					var minutes [3]int
					for _, c := range calls {
						if c.failed {
							minutes[c.at/time.Minute]++
						}
					}
					first := time.Hour
					for _, r := range results {
						if r.err == nil {
							first = min(first, r.began+r.took)
						} else if r.took > 30*time.Second+takes {
							t.Fatalf("told after %v", r.took)
						}
					}
					t.Logf("calls %v, first %v", minutes, first-150*time.Second)
					if minutes[0] > 60 || minutes[1] > 40 || minutes[2] > 40 {
						t.Errorf("calls: %v", minutes)
					}
					if first > 160*time.Second {
						t.Errorf("first success after %v", first)
					}
				})
			})
		}
	}
}
