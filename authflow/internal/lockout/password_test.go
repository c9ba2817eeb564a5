package lockout_test

import (
	"strconv"
	"strings"
	"testing"
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

func TestR6_Acceptance_DoesNotUndoRejections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for _, f := range []*outcome.Failure{wrong, wrong, nil, wrong} {
			play(t, r.Password("ann", "x", lockout.Forced), f)
		}
		blocked(t, r.Password("ann", "x", lockout.Forced), time.Hour)
	})
}

func TestR6_UserName_IsOneInAnyCase(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "wrong", lockout.Scheduled), wrong)
		blocked(t, r.Password(" ANN ", "wrong", lockout.Scheduled), time.Minute)
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
