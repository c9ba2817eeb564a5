package lockout_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

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

// The server may go on to work on a call after its caller has given up.
func TestR6_LostResponse_CountsForSomeMinutesMoreThanAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for range 3 {
			play(t, r.Password("ann", "x", lockout.Forced), lost)
		}
		blocked(t, r.Password("ann", "x", lockout.Forced), 65*time.Minute)
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
