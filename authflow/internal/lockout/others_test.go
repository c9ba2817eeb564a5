package lockout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR6_CallInFlightInAnotherProcess_IsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		first := start(t, one.Password("ann", "right", lockout.Scheduled))
		second := ready(t, two.Password("ann", "right", lockout.Scheduled))
		second.Take(time.Now())
		var told error
		returned := make(chan struct{})
		go func() {
			told = reserve(t.Context(), second)
			close(returned)
		}()
		after(9 * time.Second)
		select {
		case <-returned:
			t.Fatal("does not wait:", told)
		default:
		}
		first.Done(nil)
		after(500 * time.Millisecond)
		<-returned
		if told != nil {
			t.Error(told)
		}

		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errors.New("the caller's reason"))
		defer cancel()
		start(t, one.Password("bob", "right", lockout.Scheduled))
		third := ready(t, two.Password("bob", "other", lockout.Scheduled))
		third.Take(time.Now())
		if err := reserve(ctx, third); err == nil || err.Error() != "gave up before a call with a password, which other processes may use as well: the caller's reason" {
			t.Error(err)
		}
	})
}

// A slow store makes waiting for another process no shorter.
func TestR6_CallInFlightInAnotherProcess_IsWaitedForWithASlowLedger(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 400 * time.Millisecond}
		one, two := process(m), process(m)
		first := start(t, one.Password("ann", "wrong", lockout.Scheduled))
		go func() {
			after(12 * time.Second)
			first.Done(wrong)
		}()
		second := ready(t, two.Password("ann", "wrong", lockout.Scheduled))
		second.Take(time.Now())
		var b *lockout.BlockedError
		if err := reserve(t.Context(), second); !errors.As(err, &b) || b.Last.Class != outcome.Rejected {
			t.Error("sent beside the other one:", err)
		}
	})
}

// A rejection that another process was told ends the proof.
func TestR6_RejectedByAnotherProcess_IsNoLongerProven(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		play(t, one.Password("ann", "old", lockout.Scheduled), nil)
		play(t, two.Password("ann", "old", lockout.Scheduled), nil)
		after(2 * time.Minute)
		play(t, one.Password("ann", "old", lockout.Scheduled), wrong)
		flush(t, one)
		late := two.Password("ann", "old", lockout.Scheduled)
		ready(t, late).Take(time.Now())
		var b *lockout.BlockedError
		if err := reserve(t.Context(), late); !errors.As(err, &b) || b.RetryAfter > time.Minute {
			t.Fatal(err)
		}
		late.Done(notSent)
		if !late.Once() {
			t.Error("still proven")
		}
		after(time.Minute)
		play(t, two.Password("ann", "old", lockout.Scheduled), lost)
		blocked(t, two.Password("ann", "old", lockout.Scheduled), time.Minute)
	})
}

// A password was accepted and, a moment later, rejected.
func TestR6_RejectionAfterAcceptance_IsSeenByOthersAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		play(t, r.Password("ann", "old", lockout.Scheduled), nil)
		flush(t, r)
		after(time.Second)
		play(t, r.Password("ann", "old", lockout.Scheduled), wrong)
		flush(t, r)
		fresh(t, m, "old", false)
	})
}

// The response to a call that was accepted before the change is heard after the
// rejection of another process.
func TestR6_OvertakenAcceptance_ProvesNothingToOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		for _, r := range []*lockout.Registry{one, two} {
			play(t, r.Password("ann", "old", lockout.Scheduled), nil)
			flush(t, r)
		}
		after(2 * time.Minute)
		slow := start(t, one.Password("ann", "old", lockout.Scheduled))
		after(time.Second)
		play(t, two.Password("ann", "old", lockout.Scheduled), wrong)
		flush(t, two)
		after(time.Second)
		slow.Done(nil)
		flush(t, one)
		fresh(t, m, "old", false)
	})
}

func TestR6_LostResponse_IsToldOtherwiseToOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		play(t, r.Password("ann", "right", lockout.Forced), lost)
		flush(t, r)
		fresh(t, m, "right", false)
		play(t, r.Password("ann", "right", lockout.Forced), nil)
		flush(t, r)
		after(15 * time.Second)
		fresh(t, m, "right", true)
	})
}

func TestR6_BlockedByAnotherProcess_ForcedRenewalGoesBeforeItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		play(t, one.Password("ann", "x", lockout.Scheduled), wrong)
		flush(t, one)
		scheduled := ready(t, two.Password("ann", "x", lockout.Scheduled))
		scheduled.Take(time.Now())
		if reserve(t.Context(), scheduled) == nil {
			t.Error("sent before its time")
		}
		scheduled.Done(notSent)
		play(t, two.Password("ann", "x", lockout.Forced), nil)
	})
}
