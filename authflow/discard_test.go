package authflow_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// slowMints is a server that takes 10 s for each token after the first, and knows
// which ones are alive.
type slowMints struct {
	mu      sync.Mutex
	minted  int
	alive   map[string]bool
	revoked []string
	used    map[string]bool // by ordinary requests
}

func (s *slowMints) RoundTrip(r *http.Request) (*http.Response, error) {
	if minting(r) {
		s.mu.Lock()
		s.minted++
		n := s.minted
		s.mu.Unlock()
		if n > 1 {
			time.Sleep(6 * time.Second) // fake clock
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		token := fmt.Sprint("tok", n)
		s.alive[token] = true
		return fresh(r, token), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if strings.HasSuffix(r.URL.Path, "/revoke") {
		delete(s.alive, token)
		s.revoked = append(s.revoked, token)
		return reply(r, 204, ""), nil
	}
	s.used[token] = true
	return reply(r, 200, "{}"), nil
}

// The rights of a user change while a token is on its way: it has the old ones.
func TestP1_TokenRequestedBeforeInvalidateOrRenew_IsNeverUsed(t *testing.T) {
	for name, use := range map[string]func(context.Context, *authflow.Flow, authflow.Token){
		"Invalidate": func(_ context.Context, f *authflow.Flow, token authflow.Token) { f.Invalidate(token) },
		"Renew": func(ctx context.Context, f *authflow.Flow, _ authflow.Token) {
			if err := f.Renew(ctx); err != nil {
				t.Error(err)
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &slowMints{alive: map[string]bool{}, used: map[string]bool{}}
			f := on(t, s.RoundTrip)
			token := mustToken(t, f)
			time.Sleep(240 * time.Second) // fake clock: it is due
			mustGet(t, f)                 // begins the renewal
			time.Sleep(time.Second)       // fake clock
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					time.Sleep(time.Second) // fake clock
					mustGet(t, f)
				})
			}
			use(t.Context(), f, token)
			wg.Wait()
			mustGet(t, f)
			if s.used["tok2"] || !s.used["tok3"] || s.minted != 3 {
				t.Errorf("%s: %d tokens, used %v", name, s.minted, s.used)
			}
			if err := f.Logout(t.Context()); err != nil {
				t.Error(err)
			}
			// L4: the second one was never used, and is alive.
			if len(s.alive) > 0 {
				t.Errorf("%s: alive after Logout: %v, revoked %v", name, s.alive, s.revoked)
			}
		})
	}
}

// A token that arrives while the observer is told that its acquisition timed out
// was lost to Logout.
func TestL4_TokenThatArrivesWhileItsTimeoutIsTold_IsRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		f := trusted(t, sim, 300*time.Second, authflow.WithPolicy(authflow.Policy{MaxAttempts: 1, Timeout: 5 * time.Second}),
			authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				resp, err := sim.Transport().RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
				if minting(r) {
					time.Sleep(8 * time.Second) // fake clock; it does not obey its context
				}
				return resp, err
			})}),
			authflow.WithObserver(func(e authflow.Event) {
				if e.Kind == authflow.RenewalFailed {
					time.Sleep(6 * time.Second) // fake clock
				}
			}))
		if _, err := f.Token(t.Context()); err == nil {
			t.Error("no timeout")
		}
		time.Sleep(time.Minute) // fake clock
		if err := f.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if n := sim.Calls(authtest.OpRevokeToken); n != 1 {
			t.Errorf("%d tokens revoked of 1", n)
		}
	})
}

// A function that keeps its token until it expires cannot help that one path
// rejected it: the others work with it, and with its successor at once.
func TestR3_CachingFunction_WhoseTokenOnePathRejected_FailsNoOtherPath(t *testing.T) {
	for _, fails := range []time.Duration{0, time.Second, 10 * time.Second, 299 * time.Second} { // for how long the path does
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			rejects := func() bool { return time.Since(began) <= fails }
			c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/bad") && rejects() {
					return reply(r, 401, "{}"), nil
				}
				return reply(r, 200, "{}"), nil
			})
			var cached authflow.Token
			calls := 0
			f, err := c.TokensFrom(func(context.Context) (authflow.Token, error) {
				calls++
				if now := time.Now(); !now.Before(cached.Expires) {
					cached = authflow.Token{Value: gen.Secret(fmt.Sprint("tok", calls)), Created: now, Expires: now.Add(300 * time.Second)}
				}
				return cached, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for second := range 900 {
				if resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/bad")); err == nil {
					_ = resp.Body.Close()
				}
				if status, err := get(t.Context(), f); err != nil || status != 200 {
					t.Fatalf("a path that fails for %v: after %d s, another path: %d, %v", fails, second, status, err)
				}
				if status := stream(t, f, fakeURL); status != 200 {
					t.Fatalf("a path that fails for %v: after %d s, a stream: %d", fails, second, status)
				}
				time.Sleep(time.Second) // fake clock
			}
			if calls > 40 {
				t.Errorf("%d calls of the function in 15 min", calls)
			}
		})
	}
}

// Where the expiry of a token is our own guess, it serves on if there is no other.
func TestR3_TokenBeyondAGuessedEnd_ServesDuringAnOutage(t *testing.T) {
	t.Parallel()
	pause := time.Duration(sized(500, 1000)) * time.Millisecond
	for name, c := range map[string]struct {
		answer func(now time.Time) (body, date string)
		serves time.Duration // at least
		fails  time.Duration // at the latest; 0: never
	}{
		"a token that does not say when it expires": {func(time.Time) (string, string) { return `{"token":"tok"}`, "" }, time.Hour, 0},
		"a proxy whose clock is ahead": {func(now time.Time) (string, string) {
			ms := now.UnixMilli()
			return fmt.Sprintf(`{"token":"tok","creation_time_in_millis":%d,"expiration_time_in_millis":%d}`, ms, ms+300_000), now.Add(200 * time.Second).UTC().Format(http.TimeFormat)
		}, 299 * time.Second, 310 * time.Second},
		"the last moments": {func(now time.Time) (string, string) {
			ms := now.UnixMilli()
			return fmt.Sprintf(`{"token":"tok","creation_time_in_millis":%d,"expiration_time_in_millis":%d}`, ms, ms+300_000), ""
		}, 299 * time.Second, 301 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			minted := 0
			f := on(t, func(r *http.Request) (*http.Response, error) {
				if !minting(r) {
					return reply(r, 200, "{}"), nil
				}
				minted++
				if minted > 1 {
					return reply(r, 503, "{}"), nil
				}
				body, date := c.answer(time.Now())
				if date == "" {
					return reply(r, 200, body), nil
				}
				return reply(r, 200, body, "Date", date), nil
			})
			for began := time.Now(); time.Since(began) < 65*time.Minute; time.Sleep(pause) { // fake clock
				age := time.Since(began)
				status, err := get(t.Context(), f)
				if age <= c.serves && (err != nil || status != 200) {
					t.Fatalf("%s, %v old: %d, %v", name, age, status, err)
				}
				if c.fails > 0 && age > c.fails && err == nil {
					t.Fatalf("%s, %v old: it serves on", name, age)
				}
			}
			if minted > 500 { // one each 8 s
				t.Errorf("%s: %d mints", name, minted)
			}
			_ = f.Close()
		})
	}
}

// A function that returns one token again and again gives Logout one to revoke.
func TestL4_TokenThatAFunctionReturnsAgain_IsRevokedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		below := trusted(t, sim, 300*time.Second)
		f, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) { return below.Token(ctx) })
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := f.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // fake clock
		}
		if err := f.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.Invalidate(mustToken(t, f))
		if err := f.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := sim.Calls(authtest.OpRevokeToken); n != 1 {
			t.Errorf("%d calls of revokeToken", n)
		}
	})
}
