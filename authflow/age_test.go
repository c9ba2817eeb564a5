package authflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// How old a token is, and what is left of it for whom.

// Clocks that are wrong and a server's cache: no request carries a token that
// has ended, and none waits longer than for the call.
func TestR1ATokenThatIsOldWhenItComesIsNotUsedBeyondItsEnd(t *testing.T) {
	for _, clock := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		for _, age := range []time.Duration{0, 100 * time.Second, 290 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				var at atomic.Pointer[time.Time]
				dead := 0
				f := on(t, func(r *http.Request) (*http.Response, error) {
					now := time.Now()
					if minting(r) { // the answer is out of a cache
						ends := now.Add(300*time.Second - age)
						at.Store(&ends)
						made := now.Add(clock - age).UnixMilli()
						body := fmt.Sprintf(`{"token":"tok","creation_time_in_millis":%d,"expiration_time_in_millis":%d}`, made, made+300_000)
						return reply(r, 200, body, "Date", now.Add(clock).UTC().Format(http.TimeFormat)), nil
					}
					if !now.Before(*at.Load()) {
						dead++
						return reply(r, 401, "{}"), nil
					}
					return reply(r, 200, "{}"), nil
				})
				for range 2000 {
					if status := stream(t, f, fakeURL); status != 200 {
						t.Fatalf("%v old, server off by %v: %d", age, clock, status)
					}
					time.Sleep(500 * time.Millisecond) // fake clock
				}
			})
		}
	}
}

// A token that was refused stays refused, whatever was handed out meanwhile and
// whatever is said of its life.
func TestR12ARefusedTokenBeginsNoNewLife(t *testing.T) {
	for name, again := range map[string]func(authflow.Token) authflow.Token{
		"as it was":        func(t authflow.Token) authflow.Token { return t },
		"with a later end": func(t authflow.Token) authflow.Token { t.Deadline = time.Now().Add(time.Hour); return t },
		"with another time": func(t authflow.Token) authflow.Token {
			t.Created, t.Expires = time.Now(), time.Now().Add(time.Hour)
			return t
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			refused, sent, calls := map[string]bool{}, 0, 0
			c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				if refused[token] {
					sent++
					return reply(r, 401, "{}"), nil
				}
				return reply(r, 200, "{}"), nil
			})
			f, err := c.TokensFrom(func(context.Context) (authflow.Token, error) {
				calls++
				return again(authflow.Token{Value: gen.Secret(fmt.Sprint("tok-", min(calls, 4)%4)), Deadline: time.Now().Add(time.Hour)}), nil
			}) // 1, 2, 3, and then 0 for good
			if err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{"tok-1", "tok-2", "tok-3"} {
				mustGet(t, f)
				refused[token] = true
			}
			mustGet(t, f)
			refused["tok-0"] = true
			before := sent
			for range 600 {
				status, err := get(t.Context(), f)
				if err == nil && status != 401 || err != nil && !errors.Is(err, authflow.ErrCredentialsRejected) {
					t.Fatalf("%s: %d, %v", name, status, err)
				}
				time.Sleep(time.Second) // fake clock
			}
			if n := sent - before; n > 600 || calls > 30 {
				t.Errorf("%s: sent %d times, asked for %d times in 10 min", name, n, calls)
			}
			delete(refused, "tok-0")
		})
	}
}

// A token that was kept in a file, and given back hours later by a process of
// another machine's, is used to its end and no longer.
func TestR12AKeptTokenIsUsedToItsEndAndNoLonger(t *testing.T) {
	for _, server := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		for _, rest := range []time.Duration{0, time.Hour, 100 * time.Minute, 3 * time.Hour} {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				full := trusted(t, sim, 2*time.Hour)
				kept := mustToken(t, full)
				file, err := json.Marshal(struct {
					Value    string
					Deadline time.Time
				}{string(kept.Value), kept.Deadline})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(rest) // fake clock
				var back authflow.Token
				if err := json.Unmarshal(file, &back); err != nil {
					t.Fatal(err)
				}
				f, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) {
					if time.Now().Before(back.Deadline) {
						return back, nil
					}
					return full.Token(ctx)
				})
				if err != nil {
					t.Fatal(err)
				}
				first := mustToken(t, f).Value == kept.Value
				if first != (rest < 2*time.Hour) {
					t.Errorf("server off by %v, %v later: the kept token is used: %v", server, rest, first)
				}
				for range 3 * 60 {
					if status := stream(t, f, sim.URL); status != 200 {
						t.Fatalf("server off by %v, %v later: %d", server, rest, status)
					}
					time.Sleep(time.Minute) // fake clock
				}
			}, authtest.WithClockOffset(server))
		}
	}
}

// However close to its end: what cannot be sent again is not lost, with tokens
// of any length, and answers of the server that take a while.
func TestR8AStreamMeetsNoTokenThatEndsOnTheWay(t *testing.T) {
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

// Whenever it is asked for, a token for a browser has some of its life left.
func TestR8ATokenOfAnyMomentHasLifeLeft(t *testing.T) {
	for life, least := range map[time.Duration]time.Duration{300 * time.Second: 10 * time.Second, 20 * time.Second: 2 * time.Second} {
		for i := range 100 {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				f := trusted(t, sim, life)
				mustToken(t, f)
				time.Sleep(life * time.Duration(i) / 100) // fake clock
				token := mustToken(t, f)
				if left := time.Until(token.Deadline); left < least {
					t.Errorf("%v left at %d %% of %v", left, i, life)
				}
				time.Sleep(least - time.Millisecond) // fake clock
				if !accepts(t, sim, token) {
					t.Errorf("at %d %% of %v: refused", i, life)
				}
			})
		}
	}
}

// More than any token has cannot be had, and asking again and again costs the
// server little.
func TestR7MoreLifeThanThereIsMakesNoStorm(t *testing.T) {
	for name, c := range map[string]struct {
		policy authflow.Policy
		opts   []authflow.TokenOption
	}{
		"by the policy":   {policy: authflow.Policy{MinTTL: 10 * time.Minute}},
		"by the caller":   {opts: []authflow.TokenOption{authflow.MinTTL(10 * time.Minute)}},
		"as much as ever": {opts: []authflow.TokenOption{authflow.MinTTL(300 * time.Second)}},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := trusted(t, sim, 300*time.Second, authflow.WithPolicy(c.policy))
			for range 1000 {
				token, err := f.Token(t.Context(), c.opts...)
				if err != nil && !errors.Is(err, authflow.ErrInvalid) || err == nil && time.Until(token.Deadline) <= 0 {
					t.Fatalf("%s: %v", name, err)
				}
				time.Sleep(10 * time.Millisecond) // fake clock
			}
			if n := sim.Calls(authtest.OpGetFullAccessToken); n > 20 {
				t.Errorf("%s: %d tokens in 10 s", name, n)
			}
		})
	}
}

func TestR1AnEndWithoutABeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := 0
		var at atomic.Pointer[time.Time]
		f := on(t, func(r *http.Request) (*http.Response, error) {
			now := time.Now()
			if minting(r) {
				ends := now.Add(60 * time.Second)
				at.Store(&ends)
				return reply(r, 200, fmt.Sprintf(`{"token":"tok","expiration_time_in_millis":%d}`, ends.UnixMilli()), "Date", now.UTC().Format(http.TimeFormat)), nil
			}
			return reply(r, 200, "{}"), nil
		})
		for range 290 {
			if _, err := f.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !time.Now().Before(*at.Load()) {
				dead++
			}
			time.Sleep(time.Second) // fake clock
		}
		if dead > 0 {
			t.Errorf("%d dead tokens were handed out", dead)
		}
	})
}
