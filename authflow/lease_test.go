package authflow_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// stated answers token requests with these times, and with a Date if it is not
// zero. A zero time is left out.
func stated(created, expires, date time.Time) roundTrip {
	n := 0
	return func(r *http.Request) (*http.Response, error) {
		n++
		body := fmt.Sprintf(`{"token":"token-%d"`, n)
		if !created.IsZero() {
			body += fmt.Sprintf(`,"creation_time_in_millis":%d`, created.UnixMilli())
		}
		if !expires.IsZero() {
			body += fmt.Sprintf(`,"expiration_time_in_millis":%d`, expires.UnixMilli())
		}
		resp := reply(r, 200, body+"}")
		if !date.IsZero() {
			resp.Header.Set("Date", date.UTC().Format(http.TimeFormat))
		}
		return resp, nil
	}
}

// usable returns for how long a new token may be used, and fails if its
// Deadline says something else than Edit does.
func usable(t *testing.T, newFlow func() *authflow.Flow) time.Duration {
	t.Helper()
	used, rested := newFlow(), newFlow()
	first := mustCarry(t, used)
	token, err := used.Token(t.Context())
	if err != nil || string(token.Value) != first || mustCarry(t, rested) != first {
		t.Fatalf("%v, %v", token, err)
	}
	left := time.Until(token.Deadline)
	time.Sleep(left - 1) // fake clock
	if mustCarry(t, used) != first {
		t.Errorf("not used to its end, after %v", left)
	}
	time.Sleep(time.Nanosecond) // fake clock
	if mustCarry(t, rested) == first {
		t.Errorf("used beyond its end, after %v", left)
	}
	return left
}

// R1: expiration minus creation, by whatever clock, and no more than expiration
// minus the answer's Date.
func TestR1LifetimeIsWhatTheServerStates(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		created, expires, date time.Duration // from the local time of the call; none: absent
		want                   time.Duration
	}{
		"clocks agree":                         {0, 300 * s, 0, 295 * s},
		"no Date":                              {0, 300 * s, none, 295 * s},
		"server a day behind":                  {-24 * time.Hour, -24*time.Hour + 300*s, -24 * time.Hour, 295 * s},
		"server a day ahead":                   {24 * time.Hour, 24*time.Hour + 300*s, 24 * time.Hour, 295 * s},
		"an older token":                       {-200 * s, 100 * s, 0, 95 * s},
		"an older token, server a day ahead":   {24*time.Hour - 200*s, 24*time.Hour + 100*s, 24 * time.Hour, 95 * s},
		"a token that has ten seconds":         {-290 * s, 10 * s, 0, 9500 * time.Millisecond},
		"a proxy's Date, behind":               {0, 300 * s, -time.Hour, 295 * s},
		"a proxy's Date, ahead of the end":     {0, 300 * s, time.Hour, 295 * s},
		"a proxy's Date, ahead but not so far": {0, 300 * s, 100 * s, 195 * s},
	} {
		synctest.Test(t, func(t *testing.T) {
			now := time.Now()
			at := func(d time.Duration) time.Time {
				if d == none {
					return time.Time{}
				}
				return now.Add(d)
			}
			if got := usable(t, func() *authflow.Flow { return on(t, stated(at(c.created), at(c.expires), at(c.date))) }); got != c.want {
				t.Errorf("%s: usable for %v, want %v", name, got, c.want)
			}
		})
	}
}

const none = time.Duration(-1 << 63)

// R1: the life begins when the request is sent, not when the answer is there.
func TestR1LifetimeCountsFromWhenItWasAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		answer := stated(now, now.Add(300*time.Second), time.Time{})
		f := on(t, func(r *http.Request) (*http.Response, error) {
			time.Sleep(8 * time.Second) // fake clock
			return answer(r)
		})
		token, err := f.Token(t.Context())
		if want := now.Add(295 * time.Second); err != nil || !token.Deadline.Equal(want) {
			t.Errorf("until %v, want %v, %v", token.Deadline, want, err)
		}
	})
}

func TestR2DuePointsAreSpread(t *testing.T) {
	for name, c := range map[string]struct {
		policy      authflow.Policy
		first, last time.Duration
	}{
		"default": {authflow.Policy{}, 225 * time.Second, 240 * time.Second},
		"given":   {authflow.Policy{RenewAt: 0.5, Jitter: 0.1}, 120 * time.Second, 150 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			const flows = 1000
			all, mints := make([]*authflow.Flow, flows), make([]*mint, flows)
			for i := range flows {
				mints[i] = &mint{lifetime: 300 * time.Second}
				all[i] = mints[i].flow(t, authflow.WithPolicy(c.policy))
				mustCarry(t, all[i])
			}
			renewed := func() (n int) {
				for i, f := range all {
					mustCarry(t, f)
					synctest.Wait()
					n += mints[i].count() - 1
				}
				return n
			}
			time.Sleep(c.first - 1) // fake clock
			if n := renewed(); n != 0 {
				t.Errorf("%s: %d renewals before %v of 300s", name, n, c.first)
			}
			least, seconds := flows, int((c.last-c.first)/time.Second)
			for last := 0; seconds > 0; seconds-- {
				time.Sleep(time.Second) // fake clock
				n := renewed()
				least, last = min(least, n-last), n
			}
			if least < flows/int((c.last-c.first)/time.Second)/4 {
				t.Errorf("%s: %d renewals in one of the seconds, for %d flows", name, least, flows)
			}
			time.Sleep(time.Nanosecond) // fake clock
			if n := renewed(); n != flows {
				t.Errorf("%s: %d of %d are renewed by %v of 300s", name, n, flows, c.last)
			}
		})
	}
}

// R7: absent lifetimes are the documented default, or what was asked for;
// lifetimes that are none are an error.
func TestR7LifetimesThatAreNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, c := range map[string]struct {
			created, expires time.Time
			want             time.Duration // 0: an error
		}{
			"zero":         {now, now, 0},
			"negative":     {now, now.Add(-time.Second), 0},
			"absent":       {time.Time{}, time.Time{}, 295 * time.Second},
			"created only": {now, time.Time{}, 295 * time.Second},
			"expires only": {time.Time{}, now.Add(time.Hour), 295 * time.Second},
		} {
			token, err := on(t, stated(c.created, c.expires, now)).Token(t.Context())
			switch {
			case c.want == 0 && err == nil:
				t.Errorf("%s: accepted", name)
			case c.want != 0 && (err != nil || time.Until(token.Deadline) != c.want):
				t.Errorf("%s: until %v, %v", name, token.Deadline, err)
			}
		}
	})
}

// The same of tokens that a function of the user's supplies: absent means until
// refused.
func TestR7LifetimesOfTokensFromElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, c := range map[string]struct {
			token authflow.Token
			want  time.Duration // 0: an error
		}{
			"zero":              {authflow.Token{Value: "t", Created: now, Expires: now}, 0},
			"negative":          {authflow.Token{Value: "t", Created: now, Expires: now.Add(-1)}, 0},
			"in the past":       {authflow.Token{Value: "t", Expires: now.Add(-1)}, 0},
			"deadline past":     {authflow.Token{Value: "t", Deadline: now.Add(-1)}, 0},
			"no token":          {authflow.Token{Created: now, Expires: now.Add(time.Minute)}, 0},
			"newline":           {authflow.Token{Value: "a\nb"}, 0},
			"absent":            {authflow.Token{Value: "t"}, none},
			"created only":      {authflow.Token{Value: "t", Created: now}, none},
			"expires only":      {authflow.Token{Value: "t", Expires: now.Add(100 * time.Second)}, 95 * time.Second},
			"by another clock":  {authflow.Token{Value: "t", Created: now.Add(-time.Hour), Expires: now.Add(100*time.Second - time.Hour)}, 95 * time.Second},
			"deadline":          {authflow.Token{Value: "t", Deadline: now.Add(95 * time.Second)}, 95 * time.Second},
			"deadline and more": {authflow.Token{Value: "t", Deadline: now.Add(95 * time.Second), Created: now, Expires: now.Add(time.Hour)}, 95 * time.Second},
		} {
			token, err := from(t, func(context.Context) (authflow.Token, error) { return c.token, nil }).Token(t.Context())
			switch {
			case c.want == 0 && err == nil:
				t.Errorf("%s: accepted", name)
			case c.want == none && (err != nil || !token.Deadline.IsZero()),
				c.want > 0 && (err != nil || time.Until(token.Deadline) != c.want):
				t.Errorf("%s: until %v, %v", name, token.Deadline, err)
			}
		}
	})
}

// R8: the last 5 s or 5 % are not used.
func TestR8TheLastMomentsAreNotUsed(t *testing.T) {
	for life, want := range map[time.Duration]time.Duration{
		time.Second:       950 * time.Millisecond,
		60 * time.Second:  57 * time.Second,
		100 * time.Second: 95 * time.Second,
		300 * time.Second: 295 * time.Second,
		24 * time.Hour:    24*time.Hour - 5*time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			newFlow := func() *authflow.Flow { return (&mint{lifetime: life}).flow(t) }
			if got := usable(t, newFlow); got != want {
				t.Errorf("a token of %v is usable for %v, want %v", life, got, want)
			}
		})
	}
}
