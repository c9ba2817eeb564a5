package lockout_test

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR6_UnprovenPassword_IsInFlightOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		first := start(t, r.Password("ann", "right", lockout.Scheduled))
		waiting(t, r.Password("ann", "right", lockout.Scheduled))
		waiting(t, r.Password("Ann", "other", lockout.Scheduled))
		waiting(t, r.Password("ann", "right", lockout.Forced))
		ready(t, r.Password("bob", "right", lockout.Scheduled))
		after(30 * time.Second)
		first.Done(nil)
		for range 1000 { // they all waited
			start(t, r.Password("ann", "right", lockout.Scheduled))
		}
	})
}

func TestR6_WaitingCallers_GetTheRejection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		first := start(t, r.Password("ann", "wrong", lockout.Scheduled))
		second := r.Password("ann", "wrong", lockout.Scheduled)
		waiting(t, second)
		first.Done(wrong)
		b := blockedBy(t, second, time.Minute)
		if b.Last != wrong || !strings.Contains(b.Error(), "rejected the last call with the password; not sent again for 1m0s") {
			t.Error(b, b.Last)
		}
		if second.LastRejection() != wrong || r.Password("ann", "other", lockout.Scheduled).LastRejection() != nil {
			t.Error("the last rejection of a password is another one's, or is not known")
		}
	})
}

// A call in flight counts as a rejection.
func TestR6_CallsInFlight_CountAgainstAChangedPassword(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "old", lockout.Scheduled), nil)
		var sent []*lockout.Ticket
		for range 4 {
			sent = append(sent, start(t, r.Password("ann", "old", lockout.Scheduled)))
		}
		waiting(t, r.Password("ann", "new", lockout.Scheduled))
		sent[0].Done(nil)
		ready(t, r.Password("ann", "new", lockout.Scheduled))
		sent[1].Done(wrong)
		waiting(t, r.Password("ann", "new", lockout.Scheduled))
		sent[2].Done(wrong)
		sent[3].Done(wrong)
		blocked(t, r.Password("ann", "old", lockout.Forced), time.Hour)
		ready(t, r.Password("ann", "new", lockout.Scheduled))
	})
}

func TestR6_ForcedCallInFlight_IsWaitedForByTheOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "x", lockout.Scheduled), wrong)
		forced := start(t, r.Password("ann", "x", lockout.Forced))
		waiting(t, r.Password("ann", "x", lockout.Scheduled))
		forced.Done(nil)
		ready(t, r.Password("ann", "x", lockout.Scheduled))
	})
}

func TestR6_DoneTwice_CountsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		first := start(t, r.Password("ann", "a", lockout.Scheduled))
		first.Done(wrong)
		first.Done(wrong)
		first.Done(nil)
		after(time.Minute)
		second := start(t, r.Password("ann", "a", lockout.Scheduled))
		first.Done(nil)
		waiting(t, r.Password("ann", "a", lockout.Scheduled))
		second.Done(notSent)
		ready(t, r.Password("ann", "a", lockout.Scheduled))

		never := r.Password("ann", "a", lockout.Scheduled)
		never.Done(wrong)
		ready(t, r.Password("ann", "a", lockout.Scheduled))
	})
}

// Another call was done between Eligible and Take.
func TestR6_TakenTooLate_IsNotSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "old", lockout.Scheduled), nil)
		late := ready(t, r.Password("ann", "old", lockout.Scheduled))
		play(t, r.Password("ann", "old", lockout.Scheduled), wrong)
		late.Take(time.Now())
		var b *lockout.BlockedError
		if err := reserve(t.Context(), late); !errors.As(err, &b) || b.RetryAfter != time.Minute {
			t.Error(err)
		}
		late.Done(notSent)

		one, two := ready(t, r.Password("bob", "x", lockout.Scheduled)), ready(t, r.Password("bob", "x", lockout.Scheduled))
		one.Take(time.Now())
		two.Take(time.Now())
		if err := reserve(t.Context(), two); !errors.As(err, &b) || b.RetryAfter <= 0 || b.Last == nil {
			t.Error(err)
		}
		two.Done(notSent)
		waiting(t, r.Password("bob", "x", lockout.Scheduled))
	})
}

func TestR9_CrowdOfOneUser_IsServedAtTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		after(time.Hour)
		began, served := time.Now(), 0
		var sent [][]*lockout.Ticket // of the last seconds
		for served < 10_000 {
			var now []*lockout.Ticket
			for range 100 { // a second at the rate
				ticket := r.Password("ann", "right", lockout.Scheduled)
				if wait, err := ticket.Eligible(time.Now()); err != nil {
					t.Fatal(err)
				} else if wait == 0 {
					now = append(now, start(t, ticket))
				}
			}
			sent = append(sent, now)
			after(time.Second)
			if len(sent) == 3 { // each call takes three
				for _, ticket := range sent[0] {
					ticket.Done(nil)
				}
				served += len(sent[0])
				sent = sent[1:]
			}
		}
		if took := time.Since(began); took > 130*time.Second {
			t.Errorf("served after %v", took)
		}
	})
}

// 6,000 users with a session and a token each.
func TestR9_TwoFlowsOfEachUser_AreServedOneAfterTheOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 10 * time.Millisecond}
		r := process(m)
		var served atomic.Int64
		for user := range 6000 {
			for range 2 {
				go func() {
					f, err := attempt(t.Context(), r.Password(strconv.Itoa(user), "right", lockout.Scheduled), func() *outcome.Failure {
						after(300 * time.Millisecond)
						return nil
					})
					if f == nil && err == nil {
						served.Add(1)
					}
				}()
			}
		}
		after(2 * time.Second)
		if n := served.Load(); n != 12_000 {
			t.Errorf("%d of 12000 calls were served", n)
		}
		flush(t, r)
	})
}
