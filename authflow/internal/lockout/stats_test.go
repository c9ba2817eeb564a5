package lockout_test

import (
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR6_Stats_CountEachPasswordAndKeyOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		start(t, r.Password("ann", "right", lockout.Scheduled))
		play(t, r.Password("ann", "other", lockout.Forced), wrong)
		play(t, r.Password("ann", "other", lockout.Forced), wrong)
		start(t, r.Password("ann", "other", lockout.Forced))
		start(t, r.Password("bob", "first", lockout.Scheduled))
		play(t, r.Key("right", "ann"), nil)
		play(t, r.Key("wrong", "ann"), wrong)
		start(t, r.Key("new", "ann"))
		want := lockout.Stats{RejectedPasswords: 1, UnprovenKeys: 2}
		if got := r.Stats(); got != want {
			t.Errorf("%+v", got)
		}
	})
}

func TestR6_Password_EveryClassHasItsVerdict(t *testing.T) {
	t.Parallel()
	for class, want := range map[outcome.Class]struct{ proven, rejected int }{
		outcome.OK:             {proven: 1},
		outcome.Conflict:       {proven: 1},
		outcome.NotSent:        {},
		outcome.Overloaded:     {},
		outcome.RateLimited:    {},
		outcome.OutcomeUnknown: {rejected: 1},
		outcome.Rejected:       {rejected: 1},
		outcome.Unexpected:     {rejected: 1},
		outcome.Invalid:        {rejected: 1},
		outcome.Other:          {rejected: 1},
	} {
		r := lockout.New(lockout.Config{})
		ticket := start(t, r.Password("ann", "x", lockout.Scheduled))
		ticket.Done(&outcome.Failure{Class: class})
		if got := r.Stats().RejectedPasswords; got != want.rejected {
			t.Errorf("%v: %d rejected", class, got)
		}
		if got := ticket.Once(); got != (want.proven == 0) {
			t.Errorf("%v: sent once in a flight: %v", class, got)
		}
	}
}
