package authflow

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestR5TransientFailuresAreRetriedWithinTheFlight(t *testing.T) {
	for _, status := range []int{0, 429, 500, 502, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{lifetime: 300 * time.Second, fail: transient(status)}
			k := newKeeper(m)
			time.AfterFunc(150*time.Millisecond, func() { m.set(func() { m.fail = nil }) })
			if v := value(t, k); v != "token-2" && v != "token-3" {
				t.Errorf("status %d: %s after %d calls", status, v, m.count())
			}
		})
	}
}

func TestR5RetriesAreSpacedAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{fail: transient(503)}
		k := newKeeper(m)
		if _, err := k.get(t.Context()); err == nil {
			t.Fatal("no error")
		}
		if len(m.calls) != 3 {
			t.Fatalf("%d calls", len(m.calls))
		}
		for i, bounds := range [][2]time.Duration{{100, 200}, {200, 400}} {
			gap := m.calls[i+1].Sub(m.calls[i])
			if gap < bounds[0]*time.Millisecond || gap > bounds[1]*time.Millisecond {
				t.Errorf("gap %d is %v", i, gap)
			}
		}
	})
}

func TestR5RetryAfterIsObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{fail: &Error{Op: "mint", Status: 429, transient: true, RetryAfter: 7 * time.Second}}
		k := newKeeper(m)
		_, err := k.get(t.Context())
		if err == nil || len(m.calls) != 3 || m.calls[1].Sub(m.calls[0]) != 7*time.Second {
			t.Fatalf("%v after calls at %v", err, m.calls)
		}
	})
	synctest.Test(t, func(t *testing.T) { // longer than a flight may take
		m := &mint{lifetime: time.Minute, fail: &Error{Op: "mint", Status: 503, transient: true, RetryAfter: 2 * time.Minute}}
		k := newKeeper(m)
		began := time.Now()
		if _, err := k.get(t.Context()); err == nil || time.Since(began) != 0 || m.count() != 1 {
			t.Fatalf("%v after %v and %d calls", err, time.Since(began), m.count())
		}
		m.set(func() { m.fail = nil })
		time.Sleep(2*time.Minute - 1) // fake clock
		if _, err := k.get(t.Context()); err == nil || m.count() != 1 {
			t.Fatalf("asked again before Retry-After: %v", err)
		}
		time.Sleep(time.Nanosecond) // fake clock
		value(t, k)
	})
}

func TestR6RefusalsAreRememberedForAGrowingTime(t *testing.T) {
	for _, status := range []int{400, 401, 403} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{fail: refused(status)}
			k := newKeeper(m)
			began := time.Now()
			var lasts []string
			for range 10_000 { // in a minute
				_, err := k.get(t.Context())
				var e *Error
				if !errors.As(err, &e) || e.Status != status {
					t.Fatalf("%v", err)
				}
				lasts = append(lasts, err.Error())
				time.Sleep(6 * time.Millisecond) // fake clock
			}
			var at []time.Duration
			for _, c := range m.calls {
				at = append(at, c.Sub(began).Round(time.Second))
			}
			want := []time.Duration{0, 1e9, 3e9, 7e9, 15e9, 31e9}
			if !slices.Equal(at, want) {
				t.Errorf("status %d: calls at %v", status, at)
			}
			if !strings.Contains(lasts[len(lasts)-1], "not tried again for") {
				t.Errorf("the last says %q", lasts[len(lasts)-1])
			}
			if _, err := k.wait(t.Context(), true); err == nil || m.count() != len(want) {
				t.Errorf("Renew in the cool-down called the server: %v", err)
			}
		})
	}
}
