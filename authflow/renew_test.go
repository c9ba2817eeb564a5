package authflow_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestR2_Renewal_IsAheadOfTimeAndDelaysNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: 300 * time.Second}
		f := m.flow(t)
		if v := mustCarry(t, f); v != "token-1" {
			t.Fatalf("first token is %s", v)
		}
		m.set(func() { m.latency = 2 * time.Second })
		time.Sleep(225*time.Second - 1) // fake clock
		if v := mustCarry(t, f); v != "token-1" || m.count() != 1 {
			t.Fatalf("renewed before 75 %% of the lifetime: %s after %d calls", v, m.count())
		}
		time.Sleep(15*time.Second + 1) // fake clock
		before := time.Now()
		if v := mustCarry(t, f); v != "token-1" {
			t.Fatalf("%s while the renewal is under way", v)
		}
		if waited := time.Since(before); waited != 0 {
			t.Fatalf("a caller waited %v for a renewal ahead", waited)
		}
		synctest.Wait()
		if m.count() != 2 {
			t.Fatalf("%d calls at 80 %% of the lifetime", m.count())
		}
		time.Sleep(2 * time.Second) // fake clock
		synctest.Wait()
		if v := mustCarry(t, f); v != "token-2" || m.count() != 2 {
			t.Fatalf("%s after %d calls", v, m.count())
		}
	})
}

func TestR3_RenewalThatFails_IsNotSeenAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: 300 * time.Second}
		f := m.flow(t)
		mustCarry(t, f)
		m.set(func() { m.fail = &authflow.Error{Status: 503} })
		time.Sleep(240 * time.Second) // fake clock
		for range 60 {                // until it expires, because no other token can be obtained
			if v := mustCarry(t, f); v != "token-1" {
				t.Fatalf("%s", v)
			}
			time.Sleep(time.Second) // fake clock
		}
		synctest.Wait()
		if calls := m.count() - 1; calls < 3*4 || calls > 30 {
			t.Errorf("%d calls in the minute of failures", calls)
		}
		for range 100 {
			_, err := carried(t.Context(), f)
			var e *authflow.Error
			if !errors.As(err, &e) || e.Status != 503 || !e.Retryable() {
				t.Fatalf("after the end: %v", err)
			}
		}
		m.set(func() { m.fail = nil })
		time.Sleep(10 * time.Second) // fake clock
		if v := mustCarry(t, f); v == "token-1" {
			t.Errorf("still %s", v)
		}
	})
}

func TestR4_Waiters_JoinOneFlightUnderTheirOwnContexts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: 300 * time.Second, open: make(chan struct{})}
		f := m.flow(t)
		patient, hasty := make(chan error, 95), make(chan error, 5)
		for range cap(hasty) {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := carried(ctx, f) // one of these begins the flight
				hasty <- err
			}()
		}
		synctest.Wait()
		for range cap(patient) {
			go func() { _, err := carried(t.Context(), f); patient <- err }()
		}
		for range cap(hasty) {
			if err := <-hasty; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("hasty: %v", err)
			}
		}
		close(m.open)
		for range cap(patient) {
			if err := <-patient; err != nil {
				t.Errorf("patient: %v", err)
			}
		}
		if m.count() != 1 {
			t.Errorf("%d calls", m.count())
		}
	})
}

// A function that supplies tokens has the whole time of the flight, for example until a
// person touches a fingerprint reader. The attempts of a call to the server share
// the time.
func TestR4_Flight_HasItsOwnTimeLimit(t *testing.T) {
	t.Parallel()
	type source struct {
		flow  func(*testing.T) (f *authflow.Flow, calls func() int)
		calls int
	}
	bubbles(t, map[string]source{
		"function": {func(t *testing.T) (*authflow.Flow, func() int) {
			m := &mint{lifetime: time.Minute, open: make(chan struct{})}
			return m.flow(t), m.count
		}, 1},
		"server": {func(t *testing.T) (*authflow.Flow, func() int) {
			sim := authtest.New()
			sim.Fail(authtest.AnyOperation, -1, authtest.Delay(time.Hour))
			return trusted(t, sim, 0), func() int { return sim.Calls(authtest.AnyOperation) }
		}, 3},
	}, func(t *testing.T, s source) {
		f, calls := s.flow(t)
		began := time.Now()
		_, err := carried(t.Context(), f)
		took := time.Since(began)
		if !errors.Is(err, context.DeadlineExceeded) || took < 29*time.Second || took > 31*time.Second || calls() != s.calls {
			t.Errorf("%v after %v and %d calls", err, took, calls())
		}
	})
}

// A password function that needs 12 s is called once, and works.
func TestR4_SlowPasswordFunction_IsCalledOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		calls := 0
		f, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: authtest.DefaultUsername}, authflow.WithPassword(func(ctx context.Context) (gen.Secret, error) {
			calls++
			select {
			case <-time.After(12 * time.Second):
				return authtest.DefaultPassword, nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 2; n++ {
			mustGet(t, f)
			if calls != n {
				t.Errorf("called %d times for %d logins", calls, n)
			}
			sim.EndSessions()
			time.Sleep(2 * time.Minute) // fake clock
		}
	})
}

func TestR7_ShortLifetimes_Work(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Second}
		f := m.flow(t)
		mustCarry(t, f)
		for range 300 {
			time.Sleep(100 * time.Millisecond) // fake clock
			before := time.Now()
			mustCarry(t, f)
			if d := time.Since(before); d != 0 {
				t.Fatalf("waited %v", d)
			}
			synctest.Wait()
		}
		if n := m.count(); n < 30 || n > 39 {
			t.Errorf("%d tokens in 30 s", n)
		}
	})
	// A token that has expired when it arrives is not used (R8), and costs few calls.
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Second, latency: 2 * time.Second}
		f := m.flow(t)
		for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(100 * time.Millisecond) { // fake clock
			if v, err := carried(t.Context(), f); err == nil {
				t.Fatalf("%s, which had expired", v)
			}
		}
		if n := m.count(); n < 3 || n > 15 {
			t.Errorf("%d calls in a minute", n)
		}
		m.set(func() { m.lifetime = 300 * time.Second })
		time.Sleep(10 * time.Second) // fake clock
		mustCarry(t, f)
	})
}

func TestP1_Invalidate_EndsOnlyTheTokenInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Minute}
		f := m.flow(t)
		old, err := f.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.Invalidate(old)
		if v := mustCarry(t, f); v != "token-2" {
			t.Fatal(v)
		}
		f.Invalidate(old) // a second time
		if v := mustCarry(t, f); v != "token-2" || m.count() != 2 {
			t.Errorf("%s after %d calls", v, m.count())
		}
	})
}

func TestL1_Close_EndsTheFlightAndWakesItsWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &mint{open: make(chan struct{})}
		var events []authflow.EventKind
		f := m.flow(t, authflow.WithObserver(func(e authflow.Event) { events = append(events, e.Kind) }))
		errs := make(chan error, 10)
		for range cap(errs) {
			go func() { _, err := carried(t.Context(), f); errs <- err }()
		}
		synctest.Wait()
		if err := errors.Join(f.Close(), f.Close()); err != nil {
			t.Error(err)
		}
		for range cap(errs) {
			if err := <-errs; !errors.Is(err, authflow.ErrClosed) {
				t.Error(err)
			}
		}
		if _, err := carried(t.Context(), f); !errors.Is(err, authflow.ErrClosed) {
			t.Error(err)
		}
		synctest.Wait() // the bubble fails if the goroutine of the flight stays
		if !slices.Equal(events, []authflow.EventKind{authflow.Ended}) {
			t.Errorf("events %v", events)
		}
	})
}
