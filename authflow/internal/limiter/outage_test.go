package limiter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// waiter is a caller in the queue of a test.
type waiter struct {
	began time.Time
	took  time.Duration
	p     *Permit
	err   error
	done  chan struct{}
}

// start lets a caller wait in the background.
func start(ctx context.Context, l *Limiter, r Request) *waiter {
	w := &waiter{began: time.Now(), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.p, w.err = l.Acquire(ctx, r)
		w.took = time.Since(w.began)
	}()
	synctest.Wait()
	return w
}

// told waits for the caller and returns its error.
func (w *waiter) told(t *testing.T) *QueueError {
	t.Helper()
	<-w.done
	var told *QueueError
	if !errors.As(w.err, &told) {
		t.Fatalf("not told: %v", w.err)
	}
	return told
}

// exhaust takes the whole budget with calls that hang.
func exhaust(t *testing.T, l *Limiter) []*Permit {
	t.Helper()
	var all []*Permit
	for i := range fullBudget {
		all = append(all, must(t, l, caller(fmt.Sprint("hangs", i))))
	}
	return all
}

var unlimited = Config{Timeout: 30 * time.Second, MaxAttempts: 3}

func TestR14_OneFailureThenSilence_WaitingCallersFailInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, func(w *world, _ string) (*outcome.Failure, time.Duration) {
			if len(w.calls) == 0 {
				return unavailable(), fast
			}
			return nil, time.Hour
		})
		for i := range 50 {
			w.once(caller(fmt.Sprint("u", i)), 24*time.Hour)
		}
		results, _ := w.end(time.Hour)
		if len(results) != 50 || failed(results) != 50 {
			t.Fatalf("%d results, %d failed", len(results), failed(results))
		}
		for _, r := range results {
			if r.ended() > fast+30*time.Second {
				t.Errorf("told at %v: %v", r.ended(), r.err)
			}
		}
	})
}

func TestR14_Outage_CallersThatWaitAreToldAfterTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		all := exhaust(t, l)
		w := start(t.Context(), l, caller("waits"))
		sleep(10 * time.Millisecond)
		all[0].Done(unavailable())
		f, _ := l.Outage()
		since := l.outage.began
		if f == nil || since != time.Now() {
			t.Errorf("outage %+v since %v", f, since)
		}
		began := time.Now()
		var waiters []*waiter
		for i := range 100 { // more than the budget serves
			waiters = append(waiters, start(t.Context(), l, caller(fmt.Sprint("waits", i))))
		}
		revocation := start(t.Context(), l, Request{Principal: "out", Urgency: Revocation})
		<-revocation.done // which has its turn before
		<-w.done
		served := 0
		for _, w := range waiters {
			<-w.done
			if w.err == nil {
				served++
				if d := w.p.Deadline(); d != began.Add(30*time.Second) {
					t.Errorf("deadline %v", d)
				}
				if left := 30*time.Second - w.took; left < time.Second {
					t.Errorf("sent %v before its callers failed", left)
				}
				continue
			}
			told := w.told(t)
			if w.took != 30*time.Second || told.Failure == nil || told.Failure.Class != outcome.Overloaded || told.RetryAfter <= 0 {
				t.Errorf("told after %v: %+v", w.took, told)
			}
		}
		if served < 10 {
			t.Errorf("only %d were sent", served)
		}
	})
}

func TestR14_OutageKnownForLong_LaterCallersAreToldSoon(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		for _, p := range exhaust(t, l) {
			p.Done(unavailable())
		}
		sleep(31 * time.Second)
		var late []*waiter
		for i := range 100 { // more than the budget serves
			late = append(late, start(t.Context(), l, caller(fmt.Sprint("late", i))))
		}
		served := 0
		for _, w := range late {
			<-w.done
			if w.err == nil {
				served++
				continue
			}
			told := w.told(t)
			if w.took != lateWait || told.Failure == nil || told.RetryAfter <= 0 {
				t.Errorf("told after %v: %+v", w.took, told)
			}
		}
		if served < 10 {
			t.Errorf("only %d were sent", served)
		}
		sleep(10 * time.Second)
		p := must(t, l, caller("lucky"))
		if d := p.Deadline(); !d.IsZero() {
			t.Errorf("the call of a caller that came late has the deadline %v", d)
		}
		p.Done(nil)
		if f, _ := l.Outage(); f != nil {
			t.Errorf("an outage after a success: %+v", f)
		}
	})
}

func TestR13_CallerThatComesJustBeforeTheOthersAreTold_HasItsChance(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		r := caller("b")
		for r.Attempt = 1; must(t, l, r).Done(unavailable()).Again; r.Attempt++ {
		}
		since := l.outage.began
		sleep(time.Until(since.Add(29500 * time.Millisecond)))
		p := must(t, l, caller("g"))
		if d := p.Deadline(); !d.IsZero() {
			t.Errorf("deadline %v", d)
		}
		p.Done(nil)
	})
}

func TestR13_SlowServerAfterAnOldFailure_CrowdIsServed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, func(_ *world, principal string) (*outcome.Failure, time.Duration) {
			if principal == "b" {
				return unavailable(), fast
			}
			return nil, 5 * time.Second
		})
		w.once(caller("warm"), time.Minute)
		sleep(10 * time.Second)
		w.again(caller("b"), time.Minute, time.Second)
		sleep(time.Hour)
		for i := range 100 {
			w.once(caller(fmt.Sprint("g", i)), time.Minute)
		}
		results, _ := w.end(2 * time.Minute)
		if crowd := of(results, 'g', 0, 24*time.Hour); failed(crowd) > 0 {
			t.Errorf("%d of %d failed: %v", failed(crowd), len(crowd), crowd[0].err)
		}
	})
}

func TestR13_FailureOfLongAgo_IsNotAnOutage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		must(t, l, caller("b")).Done(unavailable())
		sleep(memory)
		exhaust(t, l)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if f, _ := l.Outage(); f != nil {
			t.Errorf("an outage: %+v", f)
		}
		r := caller("x")
		for range 20 { // 10 are left, and 1 in a second or two
			r.Principal += "x"
			_, err := l.Acquire(ctx, r)
			var told *QueueError
			if errors.As(err, &told) && told.Failure != nil {
				t.Errorf("told of a failure of long ago: %v", err)
			}
		}
	})
}

func TestR14_FailureLongAfterAnother_BeginsANewOutage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		must(t, l, caller("b")).Done(unavailable())
		sleep(memory)
		var hang *Permit
		for i := range droughtBudget {
			hang = must(t, l, caller(fmt.Sprint("hangs", i)))
		}
		hang.Done(unavailable())
		var waiters []*waiter
		for i := range 20 {
			waiters = append(waiters, start(t.Context(), l, caller(fmt.Sprint("waits", i))))
		}
		told := 0
		for _, w := range waiters {
			<-w.done
			if w.err == nil {
				continue
			}
			told++
			if w.took != unlimited.Timeout {
				t.Errorf("told after %v of an outage that has just begun", w.took)
			}
		}
		if told == 0 {
			t.Error("nobody had to wait for long")
		}
	})
}

func TestR5_FlightThatBeginsLateInAnOutage_HasItsAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		must(t, l, caller("b")).Done(unavailable())
		sleep(time.Minute)
		r := caller("x")
		for r.Attempt = 1; must(t, l, r).Done(unavailable()).Again; r.Attempt++ {
		}
		if r.Attempt != unlimited.MaxAttempts {
			t.Errorf("%d attempts", r.Attempt)
		}
	})
}

func TestX3_FailureOfAnotherPrincipal_IsToldWithoutItsTexts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		cause := fmt.Errorf("for ann: %w", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
		whole := &outcome.Failure{
			Class: outcome.NotSent, Op: "login", Code: 7, Debug: "ann is locked", IncidentID: "inc", TraceID: "trace",
			RetryAfter: time.Second, Err: cause,
		}
		all := exhaust(t, l)
		all[0].Done(whole)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		told := start(ctx, l, caller("bob")).told(t)
		f := told.Failure
		if f == nil || f.Class != outcome.NotSent || f.RetryAfter != time.Second {
			t.Fatalf("told %+v", f)
		}
		if f.Op+f.Debug+f.IncidentID+f.TraceID != "" || f.Code != 0 {
			t.Errorf("told %+v", f)
		}
		if strings.Contains(told.Error(), "ann") || !errors.Is(told, syscall.ECONNREFUSED) || !errors.Is(told, context.DeadlineExceeded) {
			t.Errorf("told %v", told)
		}
		const text = "gave up in the rate-limit queue, at its head, after the last call failed without a response (notSent): context deadline exceeded"
		if told.Error() != text {
			t.Errorf("told %q", told)
		}
		if told := start(ctx, l, caller("hangs0")).told(t); told.Failure != whole {
			t.Errorf("its own failure is described as %+v", told.Failure)
		}
	})
}

func TestX3_ErrorOfUnknownOrigin_IsNotToldToOthers(t *testing.T) {
	t.Parallel()
	f := forOthers(&outcome.Failure{Class: outcome.OutcomeUnknown, Err: errors.New("ann's secret")})
	if f.Err != nil {
		t.Errorf("told %v", f.Err)
	}
	lookup := &net.DNSError{Err: "no such host", Name: "acme"}
	f = forOthers(&outcome.Failure{Class: outcome.NotSent, Permanent: true, Err: &net.OpError{Op: "dial", Err: lookup}})
	if !errors.Is(f.Err, lookup) || !f.Permanent {
		t.Errorf("told %+v", f)
	}
}

func TestR4_ErrorTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  QueueError
		want string
	}{
		{QueueError{Behind: 1, Err: context.Canceled}, "gave up in the rate-limit queue, behind 1 other request: context canceled"},
		{QueueError{Behind: 2, Failure: unavailable()}, "not sent, because the last call failed with status 503 (overloaded); behind 2 other requests"},
		{QueueError{Failure: unavailable(), Err: context.Canceled}, "gave up in the rate-limit queue, at its head, after the last call failed with status 503 (overloaded): context canceled"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
