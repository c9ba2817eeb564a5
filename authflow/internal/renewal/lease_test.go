package renewal

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestR2_Lease_IsFreshThenDueThenExpired(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		life, margin, old time.Duration // old: its age when it arrives
		due, ends         time.Duration
	}{
		"a usual one":                             {300 * s, 5 * s, 0, 225 * s, 295 * s},
		"one that took a while to come":           {300 * s, 5 * s, 100 * s, 225 * s, 295 * s},
		"one that is due when it arrives":         {300 * s, 0, 225 * s, 225*s + 75*s*3/4, 300 * s},
		"one that has lived for most of its life": {300 * s, 0, 280 * s, 295 * s, 300 * s},
		"one that lives for a second (R7)":        {s, s / 20, 0, s * 3 / 4, s * 19 / 20},
		"one that is almost dead: not at once":    {s, 0, s * 9 / 10, s * 19 / 10, s},
		"one that has no end (R7)":                {Forever, 5 * s, 1000 * time.Hour, Forever, Forever},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := time.Now()
			time.Sleep(c.old) // fake clock
			l := NewLease(1, asked, Schedule{Lifetime: c.life, Margin: c.margin, RenewAt: .75})
			if l.dueAt != c.due || l.endsAt != c.ends {
				t.Errorf("%s: due %v, ends %v, want %v and %v", name, l.dueAt, l.endsAt, c.due, c.ends)
			}
			if l.Value != 1 || !l.RequestedAt.Equal(asked) || l.Age(time.Now()) != c.old {
				t.Errorf("%s: value %d, requested at %v, age %v", name, l.Value, l.RequestedAt, l.Age(time.Now()))
			}
		})
	}
}

func TestR8_Lease_InItsLastMoments_HasNothingRemaining(t *testing.T) {
	asked := time.Now()
	l := NewLease(1, asked, Schedule{Lifetime: time.Minute, Margin: 3 * time.Second, RenewAt: .75})
	for age, want := range map[time.Duration]time.Duration{0: 57 * time.Second, 57*time.Second - 1: 1, 57 * time.Second: 0, time.Minute: -3 * time.Second} {
		if got := l.Remaining(asked.Add(age)); got != want {
			t.Errorf("%v left at the age of %v, want %v", got, age, want)
		}
	}
	if got := leaseOf(1, asked, Forever).Remaining(asked.Add(1000 * time.Hour)); got != Forever {
		t.Errorf("%v left of forever", got)
	}
}

func TestR1_Age_FollowsTheFasterClock(t *testing.T) {
	asked := time.Now()
	for name, c := range map[string]struct {
		step time.Duration // of the wall clock alone, while the lease is in use
		want time.Duration
	}{
		"no step":                             {0, 100 * time.Second},
		"the wall clock is set back":          {-time.Hour, 100 * time.Second},
		"the machine slept for an hour":       {time.Hour, time.Hour + 100*time.Second},
		"the wall clock is set back by a day": {-24 * time.Hour, 100 * time.Second},
	} {
		l := leaseOf(1, asked, 300*time.Second)
		l.wall -= int64(c.step) // the clock showed less then
		if got := l.Age(asked.Add(100 * time.Second)); got != c.want {
			t.Errorf("%s: age %v, want %v", name, got, c.want)
		}
	}
}

func TestR3_Lease_WithAGuessedEnd_MayBeAliveLonger(t *testing.T) {
	asked := time.Now()
	for limit, want := range map[time.Duration]time.Duration{0: time.Minute, time.Second: time.Minute, time.Hour: time.Hour, Forever: Forever} {
		l := NewLease(1, asked, Schedule{Lifetime: time.Minute, Margin: 3 * time.Second, RenewAt: .75, Limit: limit})
		if got := l.RemainingAtMost(asked); got != want || l.Remaining(asked) != 57*time.Second {
			t.Errorf("limit %v: %v remaining at most, want %v; %v remaining", limit, got, want, l.Remaining(asked))
		}
	}
}
