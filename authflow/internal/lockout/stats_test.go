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
		want := lockout.Stats{Passwords: lockout.Count{Proven: 1, Unproven: 1, Rejected: 1}, Keys: lockout.Count{Proven: 1, Unproven: 1, Rejected: 1}}
		if got := r.Stats(); got != want {
			t.Errorf("%+v", got)
		}
	})
}

func TestR6_Password_EveryClassHasItsVerdict(t *testing.T) {
	t.Parallel()
	for class, want := range map[outcome.Class]lockout.Count{
		outcome.OK:             {Proven: 1},
		outcome.Conflict:       {Proven: 1},
		outcome.NotSent:        {},
		outcome.Overloaded:     {},
		outcome.RateLimited:    {},
		outcome.OutcomeUnknown: {Rejected: 1},
		outcome.Rejected:       {Rejected: 1},
		outcome.Unexpected:     {Rejected: 1},
		outcome.Invalid:        {Rejected: 1},
		outcome.Other:          {Rejected: 1},
	} {
		r := lockout.New(lockout.Config{})
		ticket := start(t, r.Password("ann", "x", lockout.Scheduled))
		ticket.Done(&outcome.Failure{Class: class})
		if got := r.Stats().Passwords; got != want {
			t.Errorf("%v: %+v", class, got)
		}
		if got := ticket.Once(); got != (want.Proven == 0) {
			t.Errorf("%v: sent once in a flight: %v", class, got)
		}
	}
}
