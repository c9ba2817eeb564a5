package authflow

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestR1LifetimeIsCountedFromWhenItWasAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := time.Now()
		// A server whose clock is a day off states the same lifetime.
		for _, off := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
			created := sent.Add(off)
			l, err := newBearer(sent, Token{Value: "t", Created: created, Expires: created.Add(300 * time.Second)}, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			for age, alive := range map[time.Duration]bool{0: true, 300*time.Second - 1: true, 300 * time.Second: false} {
				if got := l.alive(l.age(sent.Add(age))); got != alive {
					t.Errorf("server clock off by %v, age %v: alive %v", off, age, got)
				}
			}
		}
	})
}

func TestR1OfTwoClocksTheFasterCounts(t *testing.T) {
	sent := time.Now()
	l := newLease(sent, 300*time.Second)
	now := sent.Add(100 * time.Second)
	for name, c := range map[string]struct {
		step time.Duration // of the wall clock, while the lease is in use
		want time.Duration
	}{
		"no step":                        {0, 100 * time.Second},
		"the wall clock is set back":     {-time.Hour, 100 * time.Second},
		"the machine slept for an hour":  {time.Hour, time.Hour + 100*time.Second},
		"the wall clock is a day behind": {-24 * time.Hour, 100 * time.Second},
	} {
		// That the wall clock has moved on by step since the lease was asked
		// for is that it read so much less then.
		moved := newLease(sent, l.lifetime)
		moved.wall -= int64(c.step)
		if got := moved.age(now); got != c.want {
			t.Errorf("%s: age %v, want %v", name, got, c.want)
		}
	}
}

func TestR2DuePointsAreSpread(t *testing.T) {
	p := RenewalPolicy{}
	p.fill()
	dues := make(map[int64]bool)
	for range 1000 {
		l := newLease(time.Now(), 300*time.Second)
		l.schedule(&p, time.Now())
		due := time.Duration(l.due.Load())
		if due < 225*time.Second || due > 240*time.Second {
			t.Fatalf("due at %v of 300s", due)
		}
		dues[int64(due/time.Second)] = true
	}
	if len(dues) < 14 {
		t.Errorf("only %d different seconds of 15", len(dues))
	}
}

func TestR7LifetimesThatAreNone(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		token Token
		want  time.Duration // 0: an error
	}{
		"zero":     {Token{Value: "t", Created: now, Expires: now}, 0},
		"negative": {Token{Value: "t", Created: now, Expires: now.Add(-1)}, 0},
		"absent":   {Token{Value: "t"}, 42 * time.Second},
		"one only": {Token{Value: "t", Created: now}, 42 * time.Second},
		"no token": {Token{Created: now, Expires: now.Add(time.Minute)}, 0},
		"newline":  {Token{Value: "a\nb"}, 0},
	} {
		l, err := newBearer(now, c.token, 42*time.Second)
		switch {
		case c.want == 0 && err == nil:
			t.Errorf("%s: accepted", name)
		case c.want != 0 && (err != nil || l.lifetime != c.want):
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
}

func TestS2AClockThatWasAheadForAWhileKeepsNoSessionAlive(t *testing.T) {
	l := session(time.Now(), nil, false)
	l.touch(25 * time.Hour) // a use while the wall clock was a day ahead
	l.touch(time.Hour)      // it has been set right
	if l.alive(10 * time.Hour) {
		t.Error("alive after nine hours of rest")
	}
}
