package authflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A token that was rejected stays rejected, whatever tokens the function returns
// in between and whatever it says of their life.
func TestR12_RejectedToken_BeginsNoNewLife(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(authflow.Token) authflow.Token{
		"as it was":        func(t authflow.Token) authflow.Token { return t },
		"with a later end": func(t authflow.Token) authflow.Token { t.Deadline = time.Now().Add(time.Hour); return t },
		"with another time": func(t authflow.Token) authflow.Token {
			t.Created, t.Expires = time.Now(), time.Now().Add(time.Hour)
			return t
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			rejected, sent, calls := map[string]bool{}, 0, 0
			c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				if rejected[token] {
					sent++
					return reply(r, 401, "{}"), nil
				}
				return reply(r, 200, "{}"), nil
			})
			f, err := c.TokensFrom(func(context.Context) (authflow.Token, error) {
				calls++
				return again(authflow.Token{Value: gen.Secret(fmt.Sprint("tok-", min(calls, 4)%4)), Deadline: time.Now().Add(time.Hour)}), nil
			}) // tokens 1, 2 and 3, and from then on token 0
			if err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{"tok-1", "tok-2", "tok-3"} {
				mustGet(t, f)
				rejected[token] = true
			}
			mustGet(t, f)
			rejected["tok-0"] = true
			before := sent
			for range 600 {
				status, err := get(t.Context(), f)
				if err == nil && status != 401 || err != nil && !errors.Is(err, authflow.ErrCredentialsRejected) {
					t.Fatalf("%s: %d, %v", name, status, err)
				}
				time.Sleep(time.Second) // fake clock
			}
			if n := sent - before; n > 600 || calls > 30 {
				t.Errorf("%s: the token was sent %d times and requested %d times in 10 min", name, n, calls)
			}
		})
	}
}

// A token that was saved in a file, and is returned hours later by a process on
// another machine, is used until it expires and no longer.
func TestR12_SavedToken_IsUsedUntilItExpires(t *testing.T) {
	t.Parallel()
	for _, server := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		for _, rest := range []time.Duration{0, time.Hour, 100 * time.Minute, 3 * time.Hour} {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				full := trusted(t, sim, 2*time.Hour)
				saved := mustToken(t, full)
				file, err := json.Marshal(struct {
					Value    string
					Deadline time.Time
				}{string(saved.Value), saved.Deadline})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(rest) // fake clock
				var loaded authflow.Token
				if err := json.Unmarshal(file, &loaded); err != nil {
					t.Fatal(err)
				}
				f, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) {
					if time.Now().Before(loaded.Deadline) {
						return loaded, nil
					}
					return full.Token(ctx)
				})
				if err != nil {
					t.Fatal(err)
				}
				used := mustToken(t, f).Value == saved.Value
				if used != (rest < 2*time.Hour) {
					t.Errorf("server off by %v, %v later: the saved token is used: %v", server, rest, used)
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

// A function may return an invalidated token again, because it caches its tokens.
// The token is not used, and the next one is.
func TestR12_InvalidatedToken_IsNotReturnedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token func(call int) string
		least int // how many tokens Token returns in two minutes
	}{
		"always the same token": {func(int) string { return "token" }, 1},
		"each token two times":  {func(call int) string { return fmt.Sprint("token-", call/3) }, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			f, err := fakeCluster(t, nil).TokensFrom(func(context.Context) (authflow.Token, error) {
				calls++
				return authflow.Token{Value: gen.Secret(c.token(calls))}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			given := map[gen.Secret]int{}
			for range 120 {
				if token, err := f.Token(t.Context()); err == nil {
					given[token.Value]++
					f.Invalidate(token)
				}
				time.Sleep(time.Second) // fake clock
			}
			if len(given) < c.least {
				t.Errorf("%s: %d tokens in two minutes", name, len(given))
			}
			for token, times := range given {
				if times > 1 {
					t.Errorf("%s: %s was returned %d times", name, string(token), times)
				}
			}
		})
	}
}

// The function of TokensFrom says when it can be called again. A function that supplies
// the secret keys of other flows changes nothing about that.
func TestR12_FunctionThatIsRejected_IsCalledWhenItSays(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]authflow.Option{
		"alone": nil,
		"beside a key function": {authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) {
			return authtest.DefaultSecretKey, nil
		})},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			f, err := fakeCluster(t, nil, opts...).TokensFrom(func(context.Context) (authflow.Token, error) {
				calls++
				return authflow.Token{}, &authflow.Error{Status: 401, RetryAfter: 30 * time.Second}
			})
			if err != nil {
				t.Fatal(err)
			}
			for range 60 {
				_, err := f.Token(t.Context())
				var e *authflow.Error
				if !errors.As(err, &e) || e.RetryAfter <= 0 {
					t.Fatal(err)
				}
				time.Sleep(time.Second) // fake clock
			}
			if calls > 2 {
				t.Errorf("%s: %d calls in a minute", name, calls)
			}
		})
	}
}

// A token without times is used until the server rejects it.
func TestR7_TokenOfTheUsersFunction_LivesAsItsTimesSay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, c := range map[string]struct {
			token authflow.Token
			want  time.Duration // 0: an error
		}{
			"zero":                 {authflow.Token{Value: "t", Created: now, Expires: now}, 0},
			"negative":             {authflow.Token{Value: "t", Created: now, Expires: now.Add(-1)}, 0},
			"in the past":          {authflow.Token{Value: "t", Expires: now.Add(-1)}, 0},
			"deadline in the past": {authflow.Token{Value: "t", Deadline: now.Add(-1)}, 0},
			"no token":             {authflow.Token{Created: now, Expires: now.Add(time.Minute)}, 0},
			"newline":              {authflow.Token{Value: "a\nb"}, 0},
			"absent":               {authflow.Token{Value: "t"}, absent},
			"creation alone":       {authflow.Token{Value: "t", Created: now}, absent},
			"expiration alone":     {authflow.Token{Value: "t", Expires: now.Add(100 * time.Second)}, 95 * time.Second},
			"by another clock":     {authflow.Token{Value: "t", Created: now.Add(-time.Hour), Expires: now.Add(100*time.Second - time.Hour)}, 95 * time.Second},
			"deadline":             {authflow.Token{Value: "t", Deadline: now.Add(95 * time.Second)}, 95 * time.Second},
			"deadline and times":   {authflow.Token{Value: "t", Deadline: now.Add(95 * time.Second), Created: now, Expires: now.Add(time.Hour)}, 95 * time.Second},
		} {
			token, err := from(t, func(context.Context) (authflow.Token, error) { return c.token, nil }).Token(t.Context())
			switch {
			case c.want == 0 && err == nil:
				t.Errorf("%s: accepted", name)
			case c.want == absent && (err != nil || !token.Deadline.IsZero()),
				c.want > 0 && (err != nil || time.Until(token.Deadline) != c.want):
				t.Errorf("%s: usable until %v, %v", name, token.Deadline, err)
			}
		}
	})
}

// A function may end its goroutine, as t.FailNow does.
func TestR10_FunctionThatEndsItsGoroutine_IsNamedInTheError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		f := from(t, func(context.Context) (authflow.Token, error) {
			if ended = !ended; ended {
				runtime.Goexit()
			}
			return authflow.Token{Value: "tok"}, nil
		})
		_, err := f.Token(t.Context())
		if err == nil || !strings.Contains(err.Error(), "the function of TokensFrom ended its goroutine") {
			t.Errorf("%v", err)
		}
		time.Sleep(time.Minute) // fake clock
		if token := mustToken(t, f); token.Value != "tok" {
			t.Errorf("the next time: %v", token)
		}
	})
}
