package limiter

import (
	"fmt"
	"testing"
	"time"
)

// limit lets n principals be told 429 and succeed with their next attempt.
func limit(t *testing.T, l *Limiter, n int) {
	t.Helper()
	var permits []*Permit
	for i := range n {
		permits = append(permits, must(t, l, caller(fmt.Sprint("limited", i))))
	}
	for _, p := range permits {
		p.Done(rateLimited(0))
	}
	for i := range n {
		r := caller(fmt.Sprint("limited", i))
		r.Attempt = 2
		permits[i] = must(t, l, r)
	}
	for _, p := range permits {
		p.Done(nil)
	}
}

func TestR9_RateLimitedPrincipals_SlowTheRate(t *testing.T) {
	tests := []struct {
		name string
		rate float64
		n    int
		want float64
	}{
		{"two", 100, 2, 100},
		{"three", 100, 3, 50},
		{"many at once", 100, 9, 50},
		{"three, without a limit", 0, 3, 25},
		{"two, without a limit", 0, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := New(Config{Rate: tt.rate, Burst: 30})
				limit(t, l, tt.n)
				if got := l.Stats().Rate; got != tt.want {
					t.Errorf("%v calls a second, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestR9_ReducedRate_IsKeptAndGrowsBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 100, Burst: 30})
		for range 6 { // it is halved once a second
			limit(t, l, 3)
			sleep(time.Second)
		}
		if got := l.Stats().Rate; got != 10 {
			t.Fatalf("%v calls a second, want a tenth", got)
		}
		sleep(time.Minute)
		must(t, l, caller("x")).Cancel()
		began := time.Now()
		for i := range 11 {
			must(t, l, caller(fmt.Sprint("x", i)))
		}
		if took := time.Since(began); took < 990*time.Millisecond || took > 1010*time.Millisecond {
			t.Errorf("10 calls in %v, want no burst", took)
		}
		for i := range 9 {
			must(t, l, caller("y")).Done(nil)
			must(t, l, caller("y")).Done(nil)
			if got := l.Stats().Rate; got < float64(10*(i+2))-0.01 || got > float64(10*(i+2))+0.01 {
				t.Errorf("%v calls a second after %d seconds", got, i+1)
			}
			sleep(time.Second)
		}
		sleep(10 * time.Second)
		must(t, l, caller("y")).Done(nil)
		if got := l.Stats().Rate; got != 100 {
			t.Errorf("%v calls a second in the end", got)
		}
	})
}

func TestR9_RateLimitedForSeconds_IsHalvedOnceASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 1000, Burst: 100})
		limit(t, l, 3)
		limit(t, l, 3)
		if got := l.Stats().Rate; got != 500 {
			t.Errorf("%v calls a second", got)
		}
		sleep(time.Second)
		limit(t, l, 3)
		if got := l.Stats().Rate; got > 300 {
			t.Errorf("%v calls a second", got)
		}
	})
}

func TestR13_PrincipalsThatGetNothingBut429_DoNotSlowTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		for i := range 10 {
			r := caller(fmt.Sprint("b", i))
			for r.Attempt = 1; must(t, l, r).Done(rateLimited(0)).Again; r.Attempt++ {
				must(t, l, caller("good")).Done(nil)
			}
		}
		if got := l.Stats().Rate; got != 50 {
			t.Errorf("%v calls a second", got)
		}
	})
}

func TestR13_OnePrincipalThatGets429AgainAndAgain_DoesNotSlowTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 100, Burst: 30})
		for range 5 {
			limit(t, l, 1)
		}
		if got := l.Stats().Rate; got != 100 {
			t.Errorf("%v calls a second", got)
		}
	})
}

func TestR13_SuspectsThatGet429_DoNotSlowTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		suspects := []string{"b0", "b1", "b2"}
		for _, name := range suspects {
			r := caller(name)
			for r.Attempt = 1; must(t, l, r).Done(unavailable()).Again; r.Attempt++ {
			}
			must(t, l, r).Done(rateLimited(0))
		}
		sleep(time.Minute)
		for _, name := range suspects {
			must(t, l, caller(name)).Done(nil)
		}
		if got := l.Stats().Rate; got != usual.Rate {
			t.Errorf("%v calls a second", got)
		}
	})
}

func TestR9_SlowRateAfterA429_IsNeverFasterThanConfigured(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 0.01, Burst: 1, Timeout: time.Hour})
		must(t, l, caller("x")).Done(rateLimited(0))
		for range 3 {
			began := time.Now()
			must(t, l, caller("x")).Done(nil)
			if waited := time.Since(began); waited < 100*time.Second {
				t.Errorf("the next call after %v", waited)
			}
		}
	})
}

func TestR9_TinyRate_DoesNotOverflow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 1e-12, Burst: 1000})
		for range 15 {
			must(t, l, caller("x"))
		}
	})
}

// A crowd that was sent at once gets many responses with 429. They halve the rate
// once, however late its principals succeed.
func TestR9_429sFromBeforeAHalving_HalveNoMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 100, Burst: 30})
		var permits []*Permit
		for i := range 9 {
			permits = append(permits, must(t, l, caller(fmt.Sprint("limited", i))))
		}
		for _, p := range permits {
			p.Done(rateLimited(0))
		}
		for i := range 9 { // three of them succeed in each second
			r := caller(fmt.Sprint("limited", i))
			r.Attempt = 2
			must(t, l, r).Done(nil)
			if i%3 == 2 {
				sleep(1100 * time.Millisecond)
			}
		}
		if got := l.Stats().Rate; got < 50 {
			t.Errorf("%v calls a second", got)
		}
	})
}

// Without a limit the rate grows back to 45 calls a second, and a minute after the
// last halving there is no limit again.
func TestR9_UnlimitedRate_StaysReducedForAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{})
		limit(t, l, 3)
		for second := range 59 {
			sleep(time.Second)
			must(t, l, caller("x")).Done(nil)
			if got := l.Stats().Rate; got < 25 || got > 45.01 || second > 5 && got < 44.99 {
				t.Fatalf("%v calls a second after %d s", got, second+1)
			}
		}
		for range 2 {
			sleep(time.Second)
			must(t, l, caller("x")).Done(nil)
		}
		if got := l.Stats().Rate; got != 0 {
			t.Errorf("limited to %v calls a second after a minute", got)
		}
	})
}
