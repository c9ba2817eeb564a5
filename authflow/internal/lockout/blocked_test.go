package lockout_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

var foreign = &outcome.Failure{Class: outcome.Rejected, Status: 404, Foreign: true}

// blockedNow returns why a process that has sent nothing yet must not send a password.
func blockedNow(t *testing.T, m *memory, password string) *lockout.BlockedError {
	t.Helper()
	ticket := process(m).Password("Ann", password, lockout.Scheduled)
	ready(t, ticket).Take(time.Now())
	var b *lockout.BlockedError
	err := reserve(t.Context(), ticket)
	if !errors.As(err, &b) {
		t.Fatalf("%q is not blocked: %v", password, err)
	}
	ticket.Done(notSent)
	return b
}

// rejectAll has one process after the other meet a rejection of a password, each ten
// minutes after the one before.
func rejectAll(t *testing.T, m *memory, passwords ...string) {
	t.Helper()
	for i, password := range passwords {
		if i > 0 {
			after(10 * time.Minute)
		}
		r := process(m)
		play(t, r.Password("ann", password, lockout.Scheduled), wrong)
		flush(t, r)
	}
}

// A tool that is run once for each password keeps the record itself: the error says what
// it says, and until when. A record is in tenths of a second, and each process that saves
// it rounds up.
func TestR6_TooManyRejections_SayHowManyAndUntilWhen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		end := time.Now().Add(time.Hour)
		rejectAll(t, m, "1", "2", "3", "4")
		last := time.Now()
		var wait time.Duration
		for range 2 {
			for password, which := range map[string]string{"new": "other passwords", "1": "passwords"} {
				b := blockedNow(t, m, password)
				wait = b.RetryAfter
				isTrue := wait >= time.Until(end) && wait < time.Until(end)+time.Second
				want := fmt.Sprintf(`%s of the user "ann" were rejected 4 times, the last time at %s; none is sent until %s`,
					which, last.Format(time.TimeOnly), ceil(time.Now().Add(wait)).Format(time.TimeOnly))
				if !b.TooMany || !isTrue || b.Error() != want {
					t.Errorf("%q: %v for %v, want %s for %v", password, b, wait, want, time.Until(end))
				}
			}
			after(7 * time.Minute)
		}
		after(wait - 7*time.Minute)
		play(t, process(m).Password("ann", "new", lockout.Scheduled), nil)
	})
}

// ceil returns the next whole second.
func ceil(t time.Time) time.Time {
	whole := t.Truncate(time.Second)
	if whole.Before(t) {
		whole = whole.Add(time.Second)
	}
	return whole
}

// Fewer rejections keep back one password: another one is sent.
func TestR6_OneRejection_IsAboutItsPasswordAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		rejectAll(t, m, "1")
		for range 2 {
			b := blockedNow(t, m, "1")
			if b.TooMany || b.Error() != fmt.Sprintf("the server rejected the last call with the password; not sent again for %v", b.RetryAfter) {
				t.Error(b)
			}
			after(time.Second)
		}
		play(t, process(m).Password("ann", "2", lockout.Scheduled), nil)
	})
}

// A process that was killed during its call is still reported as one.
func TestR6_KilledDuringItsCall_IsReportedAsAnotherProcess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		start(t, process(m).Password("ann", "1", lockout.Scheduled))
		after(31 * time.Second)
		for range 2 {
			b := blockedNow(t, m, "1")
			if b.TooMany || b.Last.Class != outcome.OutcomeUnknown || b.Last.Err.Error() != "another process sent it and got no response" {
				t.Error(b, b.Last)
			}
			after(time.Second)
		}
	})
}

// A locked account is one for the next process, too.
func TestR6_Forbidden_CountsAndIsReportedAsOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		play(t, r.Password("ann", "1", lockout.Scheduled), &outcome.Failure{Class: outcome.Rejected, Status: 403})
		flush(t, r)
		for range 2 {
			b := blockedNow(t, m, "1")
			if b.Last.Status != 403 || b.Last.Class != outcome.Rejected || b.Reason() != "the last call with the password was forbidden" {
				t.Error(b, b.Last)
			}
			after(time.Second)
		}
		rejectAll(t, m, "2")
		if b := blockedNow(t, m, "2"); b.Last.Status != 0 {
			t.Error("a rejection is reported as forbidden")
		}
	})
}

// The response of a host that is not ThoughtSpot counts as a rejection, and the next
// process learns what it was.
func TestR6_ForeignResponse_CountsAndIsReportedAsOne(t *testing.T) {
	for name, f := range map[string]*outcome.Failure{
		"404 to a password": foreign,
		"page with 200":     {Class: outcome.Unexpected, Status: 200, Foreign: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := &memory{}
				one := process(m)
				play(t, one.Password("ann", "1", lockout.Scheduled), f)
				flush(t, one)
				for range 2 {
					b := blockedNow(t, m, "1")
					if !b.Last.Foreign || b.RetryAfter > time.Minute {
						t.Error(b, b.Last)
					}
					own := blockedBy(t, one.Password("ann", "1", lockout.Scheduled), b.RetryAfter)
					if own.Error() != b.Error() {
						t.Errorf("%v, and in the process itself %v", b, own)
					}
					after(time.Second)
				}
				rejectAll(t, m, "2")
				if b := blockedNow(t, m, "2"); b.Last.Foreign {
					t.Error("a rejection by ThoughtSpot is reported as one by another host")
				}
			})
		})
	}
}
