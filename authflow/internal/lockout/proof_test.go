package lockout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR6_ProvenPassword_IsNotSuspectForLostResponses(t *testing.T) {
	for name, f := range map[string]*outcome.Failure{"lost": lost, "overloaded": overloaded, "not sent": notSent} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := lockout.New(lockout.Config{})
				ann := func() *lockout.Ticket { return r.Password("ann", "right", lockout.Scheduled) }
				play(t, ann(), nil)
				for range 40 * 60 { // an outage of 40 hours
					ticket := start(t, ann())
					after(time.Minute)
					ticket.Done(f)
				}
				play(t, ann(), nil)
			})
		})
	}
}

func TestR6_ProvenPassword_RejectionEndsTheProof(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "old", lockout.Scheduled) }
		play(t, ann(), nil)
		play(t, ann(), wrong)
		blocked(t, ann(), time.Minute)
		after(time.Minute)
		play(t, ann(), wrong)
		after(10 * time.Minute)
		play(t, ann(), wrong)
		blocked(t, ann(), 49*time.Minute)
		play(t, r.Password("ann", "new", lockout.Scheduled), nil)
	})
}

func TestR6_ProvenPassword_ExpiresAfterADayWithoutUse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "right", lockout.Scheduled) }
		play(t, ann(), nil)
		after(24*time.Hour - 1)
		if ann().Once() {
			t.Error("not proven within a day")
		}
		after(1)
		play(t, ann(), lost)
		blocked(t, ann(), time.Minute)
	})
}

func TestR6_ProvenPassword_IsSentAfterFourOthersWereRejected(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		for _, password := range []string{"1", "2", "3", "4"} {
			play(t, r.Password("ann", password, lockout.Scheduled), wrong)
		}
		blocked(t, r.Password("ann", "5", lockout.Scheduled), time.Hour)
		for range 100 {
			play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		}
	})
}

// Rejections of other passwords leave fewer calls for the proven one, because they
// would be rejected together if it was changed.
func TestR6_ProvenPassword_HasFewerPlacesAfterRejections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		play(t, r.Password("ann", "1", lockout.Scheduled), wrong)
		after(time.Minute)
		start(t, r.Password("ann", "right", lockout.Scheduled))
		start(t, r.Password("ann", "right", lockout.Scheduled))
		waiting(t, r.Password("ann", "right", lockout.Scheduled))
	})
}

func TestR6_OvertakenAcceptance_ProvesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "old", lockout.Scheduled) }
		play(t, ann(), nil)
		late := start(t, ann())
		play(t, ann(), wrong)
		after(time.Second)
		late.Done(nil)
		blocked(t, ann(), 59*time.Second)

		late = start(t, r.Password("bob", "old", lockout.Scheduled))
		late.Done(nil)
		late = start(t, r.Password("bob", "old", lockout.Scheduled))
		after(time.Second)
		play(t, r.Password("bob", "new", lockout.Scheduled), nil)
		late.Done(nil)
		if r.Password("bob", "new", lockout.Scheduled).Once() {
			t.Error("the old password is proven in place of the new one")
		}
	})
}

// All sessions of a user end at once, because the password was changed.
func TestR6_ChangedOnTheServer_OldPasswordIsSentThreeTimes(t *testing.T) {
	for _, overlap := range []bool{false, true} {
		bubble := func(t *testing.T) {
			r := lockout.New(lockout.Config{})
			ann := func() *lockout.Ticket { return r.Password("ann", "old", lockout.Scheduled) }
			play(t, ann(), nil)
			after(10 * time.Minute)
			if overlap { // a call that was accepted before the change is heard after it
				early := start(t, ann())
				after(time.Second)
				early.Done(nil)
			}
			var sent []*lockout.Ticket
			for range 50 {
				ticket := ann()
				if wait, err := ticket.Eligible(time.Now()); wait == 0 && err == nil {
					sent = append(sent, start(t, ticket))
				}
			}
			after(time.Second)
			for _, ticket := range sent {
				ticket.Done(wrong)
			}
			if n := len(sent); n == 0 || n > 3 {
				t.Errorf("overlap %v: sent %d times", overlap, n)
			}
			blocked(t, ann(), time.Hour)
			play(t, r.Password("ann", "new", lockout.Scheduled), nil)
		}
		synctest.Test(t, bubble)
	}
}

// crowd sends calls with a proven password, as many at once as may be, for some rounds of
// a second in which each is accepted. It returns how many were in flight at the end.
func crowd(t *testing.T, next func() *lockout.Ticket, callers, rounds int) (inFlight int) {
	t.Helper()
	for range rounds {
		var sent []*lockout.Ticket
		for range callers {
			ticket := next()
			if wait, err := ticket.Eligible(time.Now()); wait == 0 && err == nil {
				sent = append(sent, start(t, ticket))
			}
		}
		after(time.Second)
		inFlight = len(sent)
		for _, ticket := range sent {
			ticket.Done(nil)
		}
	}
	return inFlight
}

func TestR6_CrowdOfAProvenPassword_IsServedFasterWithEachRound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "right", lockout.Scheduled) }
		play(t, ann(), nil)
		after(time.Minute)
		for rounds, want := range []int{3, 3, 6, 12, 24, 48, 50, 50} {
			if n := crowd(t, ann, 50, 1); n != want {
				t.Errorf("%d calls in round %d, want %d", n, rounds, want)
			}
		}
		crowd(t, ann, 20, 2)
		if n := crowd(t, ann, 50, 1); n != 20 {
			t.Errorf("%d calls after 20 callers were enough for a while", n)
		}
		crowd(t, ann, 1, 2)
		for round := range 2 {
			if n := crowd(t, ann, 50, 1); n != 3 {
				t.Errorf("%d calls in round %d of another crowd", n, round)
			}
		}
	})
}

// A lost response may have been a rejection, unlike the response of a server that is
// overloaded.
func TestR6_LostResponse_LeavesThreePlacesToACrowd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "right", lockout.Scheduled) }
		for name, tt := range map[string]struct {
			f    *outcome.Failure
			want []int
		}{
			"lost":       {lost, []int{3, 3, 6}},
			"overloaded": {overloaded, []int{24, 48, 50}},
		} {
			play(t, ann(), nil)
			after(time.Minute)
			crowd(t, ann, 50, 5)
			play(t, ann(), tt.f)
			for round, want := range tt.want {
				if n := crowd(t, ann, 50, 1); n != want {
					t.Errorf("%s: %d calls in round %d, want %d", name, n, round, want)
				}
			}
		}
		play(t, r.Password("bob", "right", lockout.Scheduled), nil)
		play(t, r.Password("bob", "right", lockout.Scheduled), lost)
		if n := crowd(t, func() *lockout.Ticket { return r.Password("bob", "right", lockout.Scheduled) }, 50, 2); n != 3 {
			t.Errorf("%d calls after the first acceptance and a lost response", n)
		}
	})
}

// Nobody waits for a renewal ahead of time.
func TestR6_RenewalsAheadOfTime_AreThreeAtATime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "right", lockout.Scheduled) }
		ahead := func(a lockout.Ahead) func() *lockout.Ticket {
			return func() *lockout.Ticket {
				ticket := ann()
				ticket.RenewAhead(a)
				return ticket
			}
		}
		play(t, ann(), nil)
		crowd(t, ann, 50, 2)
		long := lockout.Ahead{Until: time.Now().Add(time.Hour)}
		crowd(t, ahead(long), 50, 2)
		if n := crowd(t, ahead(long), 50, 5); n != 3 {
			t.Errorf("%d renewals at once", n)
		}
		awaited := make(chan struct{})
		close(awaited)
		for name, a := range map[string]lockout.Ahead{"due": {Until: time.Now()}, "awaited": {Until: long.Until, Awaited: awaited}} {
			after(time.Minute)
			if n := crowd(t, ahead(a), 50, 5); n < 20 {
				t.Errorf("%s: %d renewals at once", name, n)
			}
		}
	})
}
