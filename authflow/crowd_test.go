package authflow_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// fullSize reports whether the test runs in `make crowds`, which sets TSAUTH_CROWDS.
func fullSize() bool { return os.Getenv("TSAUTH_CROWDS") != "" }

// sized returns the size of a crowd: the promised one in `make crowds`, and otherwise
// a small one.
func sized(promised, small int) int {
	if fullSize() {
		return promised
	}
	return small
}

// rows returns what is played of a table: each row in `make crowds`, and otherwise the
// named ones, which stand for the others.
func rows[C any](t *testing.T, table map[string]C, names ...string) map[string]C {
	t.Helper()
	if fullSize() {
		return table
	}
	played := make(map[string]C, len(names))
	for _, name := range names {
		c, ok := table[name]
		if !ok {
			t.Fatalf("the table has no row %q", name)
		}
		played[name] = c
	}
	return played
}

// tooMany reports whether the server rejected a call because of its rate limit.
func tooMany(c authtest.Call) bool { return c.Status == http.StatusTooManyRequests }

// peopleOfOrgs are users with the password "pw" who may enter the Orgs 0 to 3, with
// a secret key for each Org.
func peopleOfOrgs(n int) []authtest.Option {
	opts := make([]authtest.Option, 0, n+6)
	for i := range n {
		opts = append(opts, authtest.WithUser("user-"+strconv.Itoa(i), "pw", authtest.InOrgs(0, 1, 2, 3)))
	}
	for org := range int32(3) {
		opts = append(opts, authtest.WithOrg(org+1, fmt.Sprint("org-", org+1)), authtest.WithOrgSecretKey(org+1, fmt.Sprint("key-", org+1)))
	}
	return opts
}

// peopleByPassword returns a Flow with a password for each of n people.
func peopleByPassword(t *testing.T, c *authflow.Cluster, n int) []*authflow.Flow {
	t.Helper()
	flows := make([]*authflow.Flow, n)
	for i := range flows {
		var err error
		flows[i], err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: "user-" + strconv.Itoa(i), Password: "pw"})
		if err != nil {
			t.Fatal(err)
		}
	}
	return flows
}

// byKeyOfOrg returns a Flow for each of n people, in turn in one of four Orgs.
func byKeyOfOrg(t *testing.T, c *authflow.Cluster, n int) []*authflow.Flow {
	t.Helper()
	flows := make([]*authflow.Flow, n)
	for i := range flows {
		org := int32(i % 4)
		var err error
		flows[i], err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: "user-" + strconv.Itoa(i), OrgID: &org})
		if err != nil {
			t.Fatal(err)
		}
	}
	return flows
}

// byKey returns a Flow with the Cluster's key for each of n people.
func byKey(t *testing.T, c *authflow.Cluster, n int) []*authflow.Flow {
	t.Helper()
	flows := make([]*authflow.Flow, n)
	for i := range flows {
		flows[i] = userOf(t, c, i)
	}
	return flows
}

// twice returns a session and a token, both with a password, for each of n/2 people.
func twice(t *testing.T, c *authflow.Cluster, n int) []*authflow.Flow {
	t.Helper()
	flows := peopleByPassword(t, c, n/2)
	for i := range n / 2 {
		f, err := c.Session(gen.LoginRequest{Username: "user-" + strconv.Itoa(i), Password: "pw"})
		if err != nil {
			t.Fatal(err)
		}
		flows = append(flows, f)
	}
	return flows
}

// ofOneUser returns n Flows of one user with a password.
func ofOneUser(t *testing.T, c *authflow.Cluster, n int) []*authflow.Flow {
	t.Helper()
	flows := make([]*authflow.Flow, n)
	for i := range flows {
		flows[i] = peopleByPassword(t, c, 1)[0]
	}
	return flows
}

// A crowd starts at once against the server's own limit of 100 calls a second and a
// burst of 10. Every flow is served in the time that the rate allows, and none of
// the calls is one too many.
func TestR9_Crowd_IsServedWithoutOne429(t *testing.T) {
	t.Parallel()
	type situation struct {
		flows   func(*testing.T, *authflow.Cluster, int) []*authflow.Flow
		latency time.Duration
		rate    float64
		size    int
	}
	bubbles(t, map[string]situation{
		"one key":                        {byKey, 0, 50, sized(10_000, 150)},
		"one key, 90 calls a second":     {byKey, 0, 90, sized(10_000, 150)},
		"keys of several Orgs":           {byKeyOfOrg, 0, 50, sized(10_000, 150)},
		"passwords":                      {peopleByPassword, 0, 50, sized(10_000, 150)},
		"a session and a token each":     {twice, 0, 50, sized(12_000, 150)},
		"every method":                   {everyWay, 0, 50, sized(10_000, 150)},
		"every method, in 300 ms each":   {everyWay, 300 * time.Millisecond, 90, sized(10_000, 150)},
		"one user's password":            {ofOneUser, 0, 50, sized(1000, 100)},
		"one user's password, in 200 ms": {ofOneUser, 200 * time.Millisecond, 50, sized(1000, 100)},
	}, func(t *testing.T, s situation) {
		var seen arrivals
		sim := authtest.New(append(peopleOfOrgs(s.size), seen.option(), authtest.WithRateLimit(100, 10), authtest.WithLatency(s.latency))...)
		opts := []authflow.Option{authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(s.rate, 10)}
		for org := range 3 {
			opts = append(opts, authflow.WithOrgSecretKey(strconv.Itoa(org+1), gen.Secret(fmt.Sprint("key-", org+1))))
		}
		flows := s.flows(t, clusterOf(t, sim, opts...), s.size)
		took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			_, err := carried(t.Context(), f)
			if err != nil && !t.Failed() {
				t.Error(err)
			}
		})
		allowed := time.Duration(float64(s.size) / s.rate * float64(time.Second))
		if took > allowed+2*time.Second {
			t.Errorf("the last one was served after %v, the rate allows %v", took, allowed)
		}
		if n := seen.count(func(c authtest.Call) bool { return c.Status >= 300 }); n > 0 || len(seen.list) != s.size {
			t.Errorf("%d calls, %d of them in vain", len(seen.list), n)
		}
	})
}

// A rate above the server's own limit, or none at all, costs some responses with
// 429, and then the rate adapts.
func TestR9_RateAboveTheServers_Adapts(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authflow.Option{
		"no limit":                authflow.WithRateLimit(0, 0),
		"500 a second, burst 100": authflow.WithRateLimit(500, 100),
	}, func(t *testing.T, rate authflow.Option) {
		var seen arrivals
		size := sized(1000, 120)
		sim := authtest.New(append(people(size), seen.option(), authtest.WithRateLimit(100, 10))...)
		flows := byKey(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), rate), size)
		took := allAtOnce(flows, func(_ int, f *authflow.Flow) { askUntilServed(t, f) })
		if allowed := time.Duration(size/40) * time.Second; took > allowed+5*time.Second {
			t.Errorf("the last one was served after %v", took)
		}
		if n := seen.count(tooMany); n > 2*size {
			t.Errorf("%d responses with 429", n)
		}
	})
}

// askUntilServed requests a token, and again after each error when its RetryAfter is
// over.
func askUntilServed(t *testing.T, f *authflow.Flow) {
	for {
		_, err := f.Token(t.Context())
		if err == nil || t.Context().Err() != nil {
			return
		}
		time.Sleep(max(retryAfter(err), time.Second)) // fake clock
	}
}

// Twenty minutes of a crowd: all renewals together keep to the rate, and no request
// waits for one.
func TestR9_RenewalsOfACrowd_KeepToTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen arrivals
		size := sized(1000, 100)
		rate := float64(size) / 20
		sim := authtest.New(append(people(size), seen.option(), authtest.WithRateLimit(rate*1.2, 10))...)
		flows := everyWay(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(rate, 10)), size)
		use := func(_ int, f *authflow.Flow) {
			_, err := carried(t.Context(), f)
			if err != nil && !t.Failed() {
				t.Error(err)
			}
		}
		allAtOnce(flows, use)
		for began := time.Now(); time.Since(began) < 20*time.Minute; time.Sleep(10 * time.Second) { // fake clock
			if waited := allAtOnce(flows, use); waited > 0 {
				t.Fatalf("a request waited for %v, after %v", waited, time.Since(began))
			}
		}
		if n := seen.count(tooMany); n > 0 {
			t.Errorf("%d responses with 429", n)
		}
	})
}
