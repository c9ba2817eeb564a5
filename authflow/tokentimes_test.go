package authflow_test

import (
	"cmp"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// absent stands for a time that a response does not state.
const absent = time.Duration(-1 << 63)

// stated responds to token requests with these times, and with a Date unless it
// is zero. A zero time is left out.
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

// usable returns how long a new token is used, and fails the test if its Deadline
// says something else than Edit does.
func usable(t *testing.T, newFlow func() *authflow.Flow) time.Duration {
	t.Helper()
	used, rested := newFlow(), newFlow()
	first := mustCarry(t, used)
	token := mustToken(t, used)
	if string(token.Value) != first || mustCarry(t, rested) != first {
		t.Fatalf("Token returns %v, Edit adds %q", token, first)
	}
	left := time.Until(token.Deadline)
	time.Sleep(left - 1) // fake clock
	if mustCarry(t, used) != first {
		t.Errorf("the token is not used until its deadline, after %v", left)
	}
	time.Sleep(time.Nanosecond) // fake clock
	if mustCarry(t, rested) == first {
		t.Errorf("the token is used beyond its deadline, after %v", left)
	}
	return left
}

func TestR1_Lifetime_IsExpirationMinusCreation(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, c := range map[string]struct {
		created, expires, date time.Duration // from the local time of the call
		want                   time.Duration
	}{
		"clocks agree":                         {0, 300 * s, 0, 295 * s},
		"no Date":                              {0, 300 * s, absent, 295 * s},
		"server a day behind":                  {-24 * time.Hour, -24*time.Hour + 300*s, -24 * time.Hour, 295 * s},
		"server a day ahead":                   {24 * time.Hour, 24*time.Hour + 300*s, 24 * time.Hour, 295 * s},
		"an older token":                       {-200 * s, 100 * s, 0, 95 * s},
		"an older token, server a day ahead":   {24*time.Hour - 200*s, 24*time.Hour + 100*s, 24 * time.Hour, 95 * s},
		"a token with ten seconds left":        {-290 * s, 10 * s, 0, 9500 * time.Millisecond},
		"a proxy's Date, behind":               {0, 300 * s, -time.Hour, 295 * s},
		"a proxy's Date, beyond the end":       {0, 300 * s, time.Hour, 295 * s},
		"a proxy's Date, ahead by 100 seconds": {0, 300 * s, 100 * s, 195 * s}, // until the next token shows that it is the proxy's
	} {
		synctest.Test(t, func(t *testing.T) {
			now := time.Now()
			at := func(d time.Duration) time.Time {
				if d == absent {
					return time.Time{}
				}
				return now.Add(d)
			}
			got := usable(t, func() *authflow.Flow { return on(t, stated(at(c.created), at(c.expires), at(c.date))) })
			if got != c.want {
				t.Errorf("%s: usable for %v, want %v", name, got, c.want)
			}
		})
	}
}

func TestR1_Lifetime_CountsFromWhenTheRequestWasSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		respond := stated(now, now.Add(300*time.Second), time.Time{})
		f := on(t, func(r *http.Request) (*http.Response, error) {
			time.Sleep(8 * time.Second) // fake clock
			return respond(r)
		})
		token := mustToken(t, f)
		if want := now.Add(295 * time.Second); !token.Deadline.Equal(want) {
			t.Errorf("usable until %v, want %v", token.Deadline, want)
		}
	})
}

// impossibleTimes are the times of responses that are requested at the beginning of
// a bubble, in milliseconds, with the time for which the token is used: without a
// Date if that is 0, the same as with one.
func impossibleTimes() map[string]struct {
	times              string
	withDate, dateless time.Duration
} {
	const documented = 295 * time.Second // of 300 s
	now := bubbleBegins.UnixMilli()
	both := func(created, expires int64) string {
		return fmt.Sprintf(`"creation_time_in_millis":%d,"expiration_time_in_millis":%d`, created, expires)
	}
	return map[string]struct {
		times              string
		withDate, dateless time.Duration
	}{
		"equal":                         {both(now, now), documented, 0},
		"end before beginning":          {both(now, now-1000), documented, 0},
		"in seconds":                    {both(now/1000, now/1000+300), documented, 0},
		"in microseconds":               {both(now*1000, now*1000+300_000_000), documented, 0},
		"in nanoseconds":                {both(now*1_000_000, now*1_000_000+300_000_000_000), documented, 0},
		"minus one":                     {both(-1, -1), documented, 0},
		"zero":                          {both(0, 0), documented, 0},
		"minus one as the beginning":    {both(-1, now+3600_000), time.Hour - 5*time.Second, documented},
		"three years before Date":       {both(now-1e11, now-1e11+1000), documented, 950 * time.Millisecond},
		"absent":                        {`"id":1`, documented, 0},
		"creation alone":                {fmt.Sprintf(`"creation_time_in_millis":%d`, now), documented, 0},
		"expiration alone":              {fmt.Sprintf(`"expiration_time_in_millis":%d`, now+3600_000), time.Hour - 5*time.Second, documented},
		"expiration alone, in the past": {fmt.Sprintf(`"expiration_time_in_millis":%d`, now-3600_000), documented, 0},
	}
}

// bubbleBegins is the time at which bubbles begin.
var bubbleBegins = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// A token of one second would be minted 3,600 times an hour. Before, times in
// seconds, as Unix programs write them, had that effect.
func TestR1_ImpossibleTimes_CountAsAbsent(t *testing.T) {
	t.Parallel()
	for name, c := range impossibleTimes() {
		for _, dateless := range []bool{false, true} {
			for _, validity := range []int32{0, 60} {
				want := c.withDate
				if dateless {
					want = cmp.Or(c.dateless, c.withDate)
				}
				if want == 295*time.Second && validity > 0 {
					want = 57 * time.Second // of 60 s
				}
				synctest.Test(t, func(t *testing.T) {
					mints := 0
					f := fullAccess(t, fakeCluster(t, func(r *http.Request) (*http.Response, error) {
						if !minting(r) {
							return reply(r, 200, "{}"), nil
						}
						mints++
						resp := reply(r, 200, `{"token":"tok",`+c.times+`}`)
						if !dateless {
							resp.Header.Set("Date", bubbleBegins.Format(http.TimeFormat))
						}
						return resp, nil
					}), validity)
					if left := time.Until(mustToken(t, f).Deadline); left != want {
						t.Errorf("%s, without Date %v, %d s requested: usable for %v, want %v", name, dateless, validity, left, want)
					}
					for range 600 {
						time.Sleep(time.Second) // fake clock
						mustGet(t, f)
					}
					atMost := 1 + int(600*time.Second/(want*3/4))
					if mints > atMost {
						t.Errorf("%s, without Date %v, %d s requested: %d tokens in ten minutes, want at most %d", name, dateless, validity, mints, atMost)
					}
				})
			}
		}
	}
}

func TestR2_RenewalTimes_AreSpread(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy      authflow.Policy
		first, last time.Duration
	}{
		"by default":      {authflow.Policy{}, 225 * time.Second, 240 * time.Second},
		"as a policy has": {authflow.Policy{RenewAt: 0.5, Jitter: 0.1}, 120 * time.Second, 150 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			const flows = 300
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
			const parts = 5
			for last, part := 0, 0; part < parts; part++ {
				time.Sleep((c.last - c.first) / parts) // fake clock
				n := renewed()
				if n-last < flows/parts/4 {
					t.Errorf("%s: %d renewals in part %d of %d, for %d flows", name, n-last, part, parts, flows)
				}
				last = n
			}
			time.Sleep(time.Nanosecond) // fake clock
			if n := renewed(); n != flows {
				t.Errorf("%s: %d of %d are renewed by %v of 300s", name, n, flows, c.last)
			}
		})
	}
}

// The last 5 s or 5 % of a lifetime are not used.
func TestR8_LastMoments_AreNotUsed(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]time.Duration{
		time.Second:       950 * time.Millisecond,
		60 * time.Second:  57 * time.Second,
		100 * time.Second: 95 * time.Second,
		300 * time.Second: 295 * time.Second,
		24 * time.Hour:    24*time.Hour - 5*time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			got := usable(t, func() *authflow.Flow { return (&mint{lifetime: life}).flow(t) })
			if got != want {
				t.Errorf("a token of %v is usable for %v, want %v", life, got, want)
			}
		})
	}
}

// A request that cannot be repeated is not lost shortly before its token expires,
// at a server that takes a while.
func TestR8_Stream_CarriesNoTokenThatExpiresOnTheWay(t *testing.T) {
	t.Parallel()
	for _, life := range []time.Duration{time.Second, 20 * time.Second, 300 * time.Second} {
		for _, before := range []time.Duration{-time.Second, 0, 1, time.Millisecond, 10 * time.Millisecond} {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				f := trusted(t, sim, life, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					if !minting(r) {
						time.Sleep(min(2*time.Second, life/50)) // fake clock; on its way
					}
					return sim.Transport().RoundTrip(r)
				})}))
				if err := f.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(life - before) // fake clock
				if status := stream(t, f, sim.URL); status != 200 {
					t.Errorf("%v before the end of %v: %d", before, life, status)
				}
			})
		}
	}
}
