package lockout_test

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR6_WrongPassword_IsSentThreeTimesInAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "wrong", lockout.Scheduled) }
		for range 3 { // hours
			play(t, ann(), wrong)
			if b := blockedBy(t, ann(), time.Minute); b.Last != wrong {
				t.Errorf("the cause is %v", b.Last)
			}
			after(time.Minute - 1)
			blocked(t, ann(), 1)
			after(1)
			play(t, ann(), wrong)
			blocked(t, ann(), 10*time.Minute)
			after(10 * time.Minute)
			play(t, ann(), wrong)
			blocked(t, ann(), 49*time.Minute)
			after(49 * time.Minute)
			ready(t, ann())
			after(time.Hour) // the next three begin with none that counts
		}
	})
}

// Three in any hour, not three in each hour from the first one.
func TestR6_WrongPassword_WindowSlides(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "wrong", lockout.Scheduled) }
		play(t, ann(), wrong)
		after(50 * time.Minute)
		play(t, ann(), wrong)
		after(10 * time.Minute) // the first one no longer counts
		play(t, ann(), wrong)
		blocked(t, ann(), 10*time.Minute)
		after(10 * time.Minute)
		play(t, ann(), wrong)
		blocked(t, ann(), 40*time.Minute)
	})
}

func TestR6_ForcedRenewal_GoesBeforeItsTimeWithinTheBound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for range 3 {
			play(t, r.Password("ann", "wrong", lockout.Forced), wrong)
		}
		blocked(t, r.Password("ann", "wrong", lockout.Forced), time.Hour)
		play(t, r.Password("ann", "new", lockout.Forced), wrong)
		blocked(t, r.Password("ann", "newer", lockout.Forced), time.Hour)
	})
}

func TestR6_ChangedPassword_GoesAtOnceUpToFourRejections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for _, password := range []string{"1", "2", "3", "4"} {
			play(t, r.Password("ann", password, lockout.Scheduled), wrong)
			after(time.Second)
		}
		blocked(t, r.Password("ann", "5", lockout.Scheduled), time.Hour-4*time.Second)
		ready(t, r.Password("bob", "5", lockout.Scheduled))
		after(time.Hour - 4*time.Second)
		play(t, r.Password("ann", "5", lockout.Scheduled), nil)
		play(t, r.Password("ann", "5", lockout.Scheduled), nil)
	})
}

func TestR6_UserName_IsOneInAnyCase(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "wrong", lockout.Scheduled), wrong)
		blocked(t, r.Password(" ANN ", "wrong", lockout.Scheduled), time.Minute)
	})
}

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
		if b.Last != wrong || !strings.Contains(b.Error(), "rejected the password; not sent again for 1m0s") {
			t.Error(b, b.Last)
		}
		if second.LastRejection() != wrong || r.Password("ann", "other", lockout.Scheduled).LastRejection() != nil {
			t.Error("the last rejection of a password is another one's, or is not known")
		}
	})
}

func TestR6_LostResponse_CountsAsRejectionUntilToldOtherwise(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "right", lockout.Scheduled) }
		first := start(t, ann())
		first.Done(lost)
		if !first.Once() {
			t.Error("a flight sends it again at once")
		}
		if b := blockedBy(t, ann(), time.Minute); b.Last != lost || strings.Contains(b.Error(), "server rejected") {
			t.Error(b)
		}
		after(time.Minute)
		play(t, ann(), lost)
		after(10 * time.Minute)
		third := start(t, ann())
		third.Done(nil)
		if third.Once() {
			t.Error("a flight sends a proven password only once")
		}
		play(t, ann(), wrong) // the first rejection, because the lost ones do not count
		blocked(t, ann(), time.Minute)
	})
}

func TestR6_Silence_FirstStartIsBackWithinTwelveMinutes(t *testing.T) {
	for _, hangs := range []time.Duration{time.Second, 10 * time.Second, 30 * time.Second} {
		t.Run(hangs.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := lockout.New(lockout.Config{})
				began := time.Now()
				for {
					ticket := r.Password("ann", "right", lockout.Scheduled)
					if _, err := ticket.Eligible(time.Now()); err != nil {
						after(time.Second)
						continue
					}
					start(t, ticket)
					if time.Since(began) > 2*time.Minute {
						ticket.Done(nil)
						break
					}
					after(hangs)
					ticket.Done(lost)
				}
				if took := time.Since(began); took > 12*time.Minute {
					t.Errorf("back after %v", took)
				}
			})
		})
	}
}

func TestR6_OneLostResponseThenOutage_IsBackInAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "right", lockout.Scheduled) }
		play(t, ann(), lost)
		after(time.Minute)
		for _, f := range []*outcome.Failure{overloaded, limited, notSent, overloaded, overloaded} {
			ticket := start(t, ann())
			ticket.Done(f)
			after(time.Second)
		}
		play(t, ann(), nil)
	})
}

func TestR6_TLSAlert_IsNotAWrongPassword(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for range 100 {
			play(t, r.Password("ann", "right", lockout.Scheduled), &outcome.Failure{Class: outcome.NotSent, Permanent: true})
		}
		if r.Password("ann", "right", lockout.Scheduled).LastRejection() != nil {
			t.Error("counted as a rejection")
		}
	})
}

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

func TestL3_ManyUsers_AreForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for range 3 {
			for n := range 20_000 {
				name := string(rune('a'+n%26)) + time.Duration(n).String()
				play(t, r.Password(name, "x", lockout.Scheduled), []*outcome.Failure{nil, wrong, notSent, lost}[n%4])
			}
			after(25 * time.Hour)
		}
		play(t, r.Password("ann", "x", lockout.Scheduled), nil)
		for n := range 1001 {
			play(t, r.Key(time.Duration(n).String(), "ann"), nil)
		}
		if n := r.Known(); n > 45_000 {
			t.Errorf("%d users and keys are known", n)
		}
	})
}

// More calls than the bound count, because a proven password was sent after them.
func TestR6_FiveRejections_BlockUntilThreeCount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "old", lockout.Scheduled), nil)
		for _, password := range []string{"1", "2", "3", "4", "old"} {
			play(t, r.Password("ann", password, lockout.Scheduled), wrong)
			after(time.Minute)
		}
		b := blockedBy(t, r.Password("ann", "new", lockout.Scheduled), time.Hour-4*time.Minute)
		if !strings.Contains(b.Error(), "other passwords of the user") || b.Last != wrong {
			t.Error(b, b.Last)
		}
		after(time.Hour - 4*time.Minute)
		ready(t, r.Password("ann", "new", lockout.Scheduled))
	})
}

// The server may go on to work on a call after its caller has given up.
// A password is changed on the server while a crowd of calls is in flight.
func TestR6_CrowdThatIsRejected_IsBlockedUntilTwoOfTheLatestCount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "old", lockout.Scheduled), nil)
		var crowd []*lockout.Ticket
		for range 12 {
			crowd = append(crowd, start(t, r.Password("ann", "old", lockout.Scheduled)))
		}
		for _, ticket := range crowd {
			after(time.Second)
			ticket.Done(wrong)
		}
		blocked(t, r.Password("ann", "old", lockout.Forced), time.Hour-2*time.Second)
	})
}

func TestR6_LostResponse_CountsForSomeMinutesMoreThanAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for range 3 {
			play(t, r.Password("ann", "x", lockout.Forced), lost)
		}
		blocked(t, r.Password("ann", "x", lockout.Forced), 65*time.Minute)
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

func TestR6_LostResponseOfAProvenPassword_CountsWhenItIsRejected(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "old", lockout.Scheduled) }
		play(t, ann(), nil)
		play(t, ann(), lost)
		play(t, ann(), lost)
		play(t, ann(), wrong)
		blocked(t, ann(), time.Minute) // also after an outage that ends with a mistake
		after(time.Minute)
		play(t, ann(), wrong)
		blocked(t, ann(), time.Hour-time.Minute)
	})
}

func TestR6_Acceptance_DoesNotUndoRejections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for _, f := range []*outcome.Failure{wrong, wrong, nil, wrong} {
			play(t, r.Password("ann", "x", lockout.Forced), f)
		}
		blocked(t, r.Password("ann", "x", lockout.Forced), time.Hour)
	})
}

// A gateway that answers with 502 or 429 does not know that the server rejected the
// password once more.
func TestR6_ResponsesOfAGateway_CountAfterARejection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		ann := func() *lockout.Ticket { return r.Password("ann", "x", lockout.Scheduled) }
		for range 10 {
			play(t, ann(), overloaded) // before the first rejection nothing counts
		}
		play(t, ann(), wrong)
		after(time.Minute)
		play(t, ann(), notSent)
		play(t, ann(), overloaded)
		blocked(t, ann(), 10*time.Minute)
		after(10 * time.Minute)
		play(t, ann(), limited)
		blocked(t, ann(), 49*time.Minute)
		after(49 * time.Minute) // the rejection no longer counts, and the calls after it do
		play(t, ann(), overloaded)
		blocked(t, ann(), 10*time.Minute)
		play(t, r.Password("ann", "another", lockout.Scheduled), overloaded)
		ready(t, r.Password("ann", "another", lockout.Scheduled))
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

func BenchmarkTicket(b *testing.B) {
	r := lockout.New(lockout.Config{})
	names := make([]string, 10_000)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		ticket := r.Password(names[n%len(names)], "right", lockout.Scheduled)
		_, _ = ticket.Eligible(time.Now())
		ticket.Take(time.Now())
		_, _ = ticket.Reserve(b.Context(), time.Second)
		ticket.Done(nil)
	}
}
