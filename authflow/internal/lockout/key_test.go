package lockout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR6_WrongKey_CostsOneCallASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		calls := 0
		for range 600 { // tenths of a second
			for user := range 100 {
				ticket := r.Key("wrong", fmt.Sprint(user))
				if wait, err := ticket.Eligible(time.Now()); err != nil {
					t.Fatal("a call fails because of another principal:", err)
				} else if wait == 0 {
					start(t, ticket).Done(&outcome.Failure{Class: outcome.Rejected, Status: 401})
					calls++
				}
			}
			after(100 * time.Millisecond)
		}
		if calls != 60 {
			t.Errorf("%d calls in a minute", calls)
		}
	})
}

func TestR9_RightKey_FreesAllCallersWithTheFirstResponse(t *testing.T) {
	for name, f := range map[string]*outcome.Failure{
		"ok":       nil,
		"conflict": {Class: outcome.Conflict, Status: 409},
		"invalid":  {Class: outcome.Invalid, Status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := lockout.New(lockout.Config{})
				first := start(t, r.Key("right", "ann"))
				if wait, err := r.Key("right", "bob").Eligible(time.Now()); wait != time.Second || err != nil {
					t.Error(wait, err)
				}
				after(100 * time.Millisecond)
				first.Done(f)
				for range 10_000 {
					start(t, r.Key("right", "bob"))
				}
			})
		})
	}
}

// Ten users of an Org whose key is new, behind 6,000 of another.
func TestR9_NewKey_HoldsOnlyItsOwnCallers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for range 6000 {
			r.Key("old", "x")
		}
		start(t, r.Key("old", "x"))
		first := start(t, r.Key("new", "a"))
		if wait, err := r.Key("new", "b").Eligible(time.Now()); wait != time.Second || err != nil {
			t.Error(wait, err)
		}
		after(time.Second)
		second := start(t, r.Key("new", "b"))
		first.Done(lost) // which says nothing
		if wait, err := r.Key("new", "c").Eligible(time.Now()); wait != time.Second || err != nil {
			t.Error(wait, err)
		}
		second.Done(nil)
		for range 10 {
			start(t, r.Key("new", "c"))
		}
	})
}

func TestR6_KeyWithoutVerdict_IsNotProven(t *testing.T) {
	for _, f := range []*outcome.Failure{lost, overloaded, limited, notSent, {Class: outcome.Other, Status: 500}, {Class: outcome.Unexpected}} {
		t.Run(f.Class.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := lockout.New(lockout.Config{})
				play(t, r.Key("key", "ann"), f)
				if wait, err := r.Key("key", "bob").Eligible(time.Now()); wait != time.Second || err != nil {
					t.Error(wait, err)
				}
				if got := r.Stats().UnprovenKeys; got != 1 {
					t.Error(got)
				}
			})
		})
	}
}

func TestR13_PrincipalThatIsRejected_DecidesForNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		play(t, r.Key("key", "ann"), nil)
		for range 100 {
			play(t, r.Key("key", "locked"), wrong)
			play(t, r.Key("key", "also locked"), wrong)
		}
		play(t, r.Key("key", "ann"), nil)
		play(t, r.Key("key", "a third one"), wrong)
		play(t, r.Key("key", "locked"), wrong)
		start(t, r.Key("key", "bob"))
		start(t, r.Key("key", "bob")).Done(lost)
		start(t, r.Key("key", "bob")).Done(overloaded)

		play(t, r.Key("key", "also locked"), wrong) // three in a row
		if wait, err := r.Key("key", "bob").Eligible(time.Now()); wait != time.Second || err != nil {
			t.Error(wait, err)
		}
		if got := r.Stats().UnprovenKeys; got != 1 {
			t.Error(got)
		}
		after(time.Second)
		play(t, r.Key("key", "bob"), nil)
		for range 100 {
			play(t, r.Key("key", "bob"), nil)
		}
	})
}

func TestR4_WrongKey_IsToldAfterThePatience(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{Patience: 29500 * time.Millisecond})
		early := r.Key("key", "early")
		play(t, r.Key("key", "ann"), lost)
		waits(t, early, time.Second)
		after(time.Minute) // in which nothing is known of the key
		for range 29 {
			play(t, r.Key("key", "ann"), wrong)
			waits(t, early, time.Second)
			after(time.Second)
		}
		play(t, r.Key("key", "ann"), wrong)
		waits(t, early, 500*time.Millisecond)
		after(500 * time.Millisecond)
		b := blockedBy(t, early, 500*time.Millisecond)
		if b.Last.Status != 401 || !strings.Contains(b.Error(), "rejected the secret key") {
			t.Error(b, b.Last)
		}
		waits(t, r.Key("key", "late"), 500*time.Millisecond)
		after(500 * time.Millisecond)
		start(t, early)
	})
}

// The doubt begins when the key is no longer proven, and not with a rejection of a
// principal before.
func TestR13_DoubtOfAProvenKey_LeavesItsCallersThePatience(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{Patience: 30 * time.Second})
		play(t, r.Key("key", "ann"), nil)
		play(t, r.Key("key", "locked"), wrong)
		bob := ready(t, r.Key("key", "bob"))
		after(time.Minute)
		play(t, r.Key("key", "locked too"), wrong)
		play(t, r.Key("key", "also locked"), wrong)
		waits(t, bob, time.Second)
		after(time.Second)
		play(t, bob, nil)
		start(t, r.Key("key", "locked"))
	})
}

// waits fails the test unless the call waits for d.
func waits(t *testing.T, ticket *lockout.Ticket, d time.Duration) {
	t.Helper()
	if wait, err := ticket.Eligible(time.Now()); wait != d || err != nil {
		t.Fatalf("waits for %v, want %v; error %v", wait, d, err)
	}
}

func TestX3_RejectionOfAKey_NamesNoOtherPrincipal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		if f := r.Key("key", "bob").LastRejection(); f != nil {
			t.Error(f)
		}
		play(t, r.Key("key", "ann"), &outcome.Failure{Class: outcome.Rejected, Status: 403, Op: "login", Debug: "account of ann", IncidentID: "i", TraceID: "t"})
		f := r.Key("key", "bob").LastRejection()
		if f == nil || f.Status != 403 || f.Class != outcome.Rejected || f.Debug+f.IncidentID+f.TraceID != "" || strings.Contains(f.Err.Error(), "ann") {
			t.Errorf("%+v", f)
		}
		after(time.Second)
		play(t, r.Key("key", "bob"), nil)
		if f := r.Key("key", "bob").LastRejection(); f != nil {
			t.Error("a key that works was last rejected:", f)
		}
	})
}

// Another process has made a token with the key.
func TestK1_KeyThatAnotherProcessUsed_IsProven(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		start(t, r.Key("key", "ann"))
		if wait, err := r.Key("key", "bob").Eligible(time.Now()); wait != time.Second || err != nil {
			t.Error(wait, err)
		}
		if !r.Key("key", "bob").Prove() || r.Key("key", "carol").Prove() {
			t.Error("the first proof frees the callers that wait, and the second one nobody")
		}
		start(t, r.Key("key", "bob"))

		play(t, r.Key("rejected", "ann"), wrong)
		if r.Key("rejected", "bob").Prove() || r.Password("ann", "secret", lockout.Scheduled).Prove() {
			t.Error("a key that was rejected here, and a password, are not proven by another process")
		}
		if wait, err := r.Key("rejected", "bob").Eligible(time.Now()); wait != time.Second || err != nil {
			t.Error(wait, err)
		}
	})
}
