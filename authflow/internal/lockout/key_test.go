package lockout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// After the first three rejections.
func TestR6_WrongKey_CostsOneCallASecond(t *testing.T) {
	for name, principals := range map[string]int{"of many principals": 100, "of one principal": 1} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := lockout.New(lockout.Config{})
				calls := 0
				for range 600 { // tenths of a second
					for flow := range 100 {
						ticket := r.Key("wrong", fmt.Sprint(flow%principals))
						if wait, err := ticket.Eligible(time.Now()); err != nil {
							t.Fatal("a call fails because of another one:", err)
						} else if wait == 0 {
							start(t, ticket).Done(wrong)
							calls++
						}
					}
					after(100 * time.Millisecond)
				}
				if calls != 2+60 {
					t.Errorf("%d calls in a minute", calls)
				}
			})
		})
	}
}

func TestR6_DoubtfulKey_IsFreedByTheFirstResponseThatProvesIt(t *testing.T) {
	for name, f := range map[string]*outcome.Failure{
		"ok":       nil,
		"conflict": {Class: outcome.Conflict, Status: 409},
		"invalid":  {Class: outcome.Invalid, Status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := lockout.New(lockout.Config{})
				doubt(t, r, "key")
				first := start(t, r.Key("key", "ann"))
				waits(t, r.Key("key", "bob"), time.Second)
				start(t, r.Key("another key", "bob"))
				after(100 * time.Millisecond)
				first.Done(f)
				for range 10_000 {
					start(t, r.Key("key", "bob"))
				}
			})
		})
	}
}

func TestR6_DoubtfulKeyWithoutVerdict_StaysDoubtful(t *testing.T) {
	for _, f := range []*outcome.Failure{lost, overloaded, limited, notSent, {Class: outcome.Other, Status: 500}, {Class: outcome.Unexpected}} {
		t.Run(f.Class.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := lockout.New(lockout.Config{})
				play(t, r.Key("new", "ann"), f)
				start(t, r.Key("new", "bob")).Done(f)
				if got := r.Stats().UnprovenKeys; got != 1 {
					t.Error(got)
				}
				doubt(t, r, "key")
				play(t, r.Key("key", "ann"), f)
				waits(t, r.Key("key", "bob"), time.Second)
			})
		})
	}
}

// A cold start: the first calls with the key fail, or take long, and the others do not
// wait for them.
func TestR13_NewKey_MakesNoCallerWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{})
		for _, f := range []*outcome.Failure{overloaded, lost, limited, wrong, wrong} {
			start(t, r.Key("key", "slow"))
			play(t, r.Key("key", "ann"), f)
		}
		start(t, r.Key("key", "bob"))
	})
}

// doubt makes a new key doubtful, and waits for the time of the next caller.
func doubt(t *testing.T, r *lockout.Registry, key string) {
	t.Helper()
	for range 3 {
		play(t, r.Key(key, "x"), wrong)
	}
	waits(t, r.Key(key, "x"), time.Second)
	after(time.Second)
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
		ready(t, early)
		after(time.Minute) // in which nothing speaks against the key
		play(t, r.Key("key", "x"), wrong)
		play(t, r.Key("key", "x"), wrong)
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

// The doubt begins with the third rejection, and not with the first one.
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
