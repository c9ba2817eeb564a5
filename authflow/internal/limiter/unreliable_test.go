package limiter

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

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
		w.crowd("g", 100, time.Minute)
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
				w.crowd("b", slow, time.Minute)
				sleep(time.Millisecond)
				w.crowd("g", 20, time.Minute)
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
		w.crowd("g", 1500, time.Hour)
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
		w.crowd("g", 20, time.Minute)
		results, _ := w.end(time.Minute)
		others := of(results, 'g', 0, time.Minute)
		if failed(results) > 0 || percentile(others, 1) > time.Second {
			t.Errorf("%d failed, the last of the others waited %v", failed(results), percentile(others, 1))
		}
	})
}
