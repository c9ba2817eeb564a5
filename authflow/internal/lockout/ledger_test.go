package lockout_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestK2_Ledger_CostsOneLoadAndOneSwapBeforeTheCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		expect := func(what string, wantLoads, wantSwaps int) {
			t.Helper()
			if loads, swaps := m.operations(); loads != wantLoads || swaps != wantSwaps {
				t.Errorf("%s: %d loads and %d swaps", what, loads, swaps)
			}
		}
		r := process(m)
		first := start(t, r.Password("ann", "right", lockout.Scheduled))
		expect("first start", 1, 1)
		first.Done(nil)
		flush(t, r)
		expect("its outcome", 0, 1)
		for range 100 {
			play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		}
		flush(t, r)
		expect("a proven password", 0, 0)
		other := process(m)
		play(t, other.Password("ann", "right", lockout.Scheduled), nil)
		flush(t, other)
		expect("another process", 1, 0)
		after(time.Minute)
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		flush(t, r)
		expect("a password that was proven long ago", 1, 2)
		play(t, r.Key("key", "ann"), nil)
		expect("a key", 0, 0)
	})
}

// A thousand callers of one process use a password that another process was
// told is wrong.
func TestK2_BlockedByAnotherProcess_CostsALoadASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		play(t, one.Password("ann", "wrong", lockout.Scheduled), wrong)
		flush(t, one)
		m.operations()
		for range 10 {
			for range 100 {
				_, err := attempt(t.Context(), two.Password("ann", "wrong", lockout.Scheduled), func() *outcome.Failure {
					t.Error("sent")
					return nil
				})
				var b *lockout.BlockedError
				if !errors.As(err, &b) || b.RetryAfter <= 0 || b.Last.Class != outcome.Rejected {
					t.Fatal(err)
				}
			}
			after(time.Second)
		}
		if loads, swaps := m.operations(); loads > 10 || swaps != 0 {
			t.Errorf("%d loads, %d swaps", loads, swaps)
		}
	})
}

func TestK2_CrowdOfWrongPasswords_WritesTenThousandRecordsAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		for n := range 12_000 {
			play(t, r.Password(fmt.Sprint("right", n), "x", lockout.Scheduled), nil)
		}
		flush(t, r)
		after(time.Second * 11)
		hours := 1
		if os.Getenv("LOCKOUT_SCHEDULES") != "" {
			hours = 2
		}
		for hour := range hours {
			for n := range 12_000 {
				play(t, r.Password(fmt.Sprint("user", hour, n), "x", lockout.Scheduled), wrong)
			}
			flush(t, r)
			after(56 * time.Minute)
			for n := range 10 {
				play(t, r.Password(fmt.Sprint("user late", hour, n), "x", lockout.Scheduled), wrong)
			}
			flush(t, r)
			if n := m.alive("user"); n != 10_000 {
				t.Errorf("%d records", n)
			}
			after(80 * time.Minute)
		}
	})
}

// alive returns how many records of users with this prefix are stored.
func (m *memory) alive(prefix string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, s := range m.records {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix && time.Until(s.end) > 0 {
			n++
		}
	}
	return n
}

func TestL1_Registry_HasNoGoroutineWhenItIsIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: time.Second / 10}
		r := process(m)
		for n := range 100 {
			ticket := ready(t, r.Password(fmt.Sprint(n), "x", lockout.Scheduled))
			ticket.Take(time.Now())
			go func() {
				if reserve(t.Context(), ticket) == nil {
					ticket.Done(nil)
				}
			}()
		}
		after(time.Second / 4)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := r.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("nothing is under way:", err)
		}
		after(time.Minute)
		flush(t, r)
		synctest.Wait() // the bubble fails if a goroutine stays
		if loads, swaps := m.operations(); loads != 100 || swaps != 200 {
			t.Errorf("%d loads, %d swaps", loads, swaps)
		}
	})
}
