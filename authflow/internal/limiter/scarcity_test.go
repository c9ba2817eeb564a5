package limiter

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR13_NewcomersInAScarcity_GoNewestAndAtRandomInTurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := seeded(usual, 1)
		exhaust(t, l)
		order := make(chan int, 100)
		for i := range 60 {
			go func() {
				_, err := l.Acquire(t.Context(), caller(fmt.Sprint("u", i)))
				if err == nil {
					order <- i
				}
			}()
			synctest.Wait()
		}
		sleep(7 * time.Second) // 1.5 a second come back
		newest, served := 59, map[int]bool{}
		var turns []bool // whether it was the newest one's
		for len(order) > 0 {
			i := <-order
			turns = append(turns, i == newest)
			served[i] = true
			for served[newest] {
				newest--
			}
		}
		if len(turns) != 10 {
			t.Fatalf("%d turns in 7 s", len(turns))
		}
		for i := 2; i < len(turns); i++ {
			if turns[i] != turns[i-2] {
				t.Errorf("turns of the newest one: %v", turns)
			}
		}
		if turns[0] == turns[1] {
			t.Errorf("turns of the newest one: %v", turns)
		}
	})
}

func TestR9_RevocationsInAScarcity_TakeHalfOfTheTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		for i := range 20 {
			must(t, l, caller(fmt.Sprint("served", i))).Done(nil)
		}
		exhaust(t, l)
		order := make(chan Urgency, 20)
		for i := range 20 {
			r := caller(fmt.Sprint("served", i))
			if i < 10 { // the revocations have waited for longer
				r.Urgency = Revocation
			}
			go func() {
				_, err := l.Acquire(t.Context(), r)
				if err == nil {
					order <- r.Urgency
				}
			}()
			synctest.Wait()
		}
		sleep(7 * time.Second) // 1.5 a second come back
		if len(order) != 10 {
			t.Fatalf("%d turns in 7 s", len(order))
		}
		revoked := 0
		for len(order) > 0 {
			if <-order == Revocation {
				revoked++
			}
		}
		if revoked != 5 {
			t.Errorf("%d of 10 turns were revocations while callers waited", revoked)
		}
	})
}

func TestR13_PrincipalsThatFailedLongAgo_DoNotGoBeforeNewcomers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		for _, f := range []*outcome.Failure{nil, {Class: outcome.Unexpected}} {
			for i := range 10 {
				must(t, l, caller(fmt.Sprint("b", i))).Done(f)
			}
		}
		sleep(memory)
		succeeding(t, l)
		exhaust(t, l)
		order := make(chan byte, 20)
		for i := range 20 {
			name := fmt.Sprint("b", i)
			if i >= 10 {
				name = fmt.Sprint("new", i)
			}
			go func() {
				_, err := l.Acquire(t.Context(), caller(name))
				if err == nil {
					order <- name[0]
				}
			}()
			synctest.Wait()
		}
		sleep(7 * time.Second) // 1.5 a second come back
		turns, newcomers := len(order), 0
		for len(order) > 0 {
			if <-order == 'n' {
				newcomers++
			}
		}
		if turns != 10 || newcomers < 5 {
			t.Errorf("%d of %d turns were those of newcomers", newcomers, turns)
		}
	})
}
