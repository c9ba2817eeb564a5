package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Many users of one cluster, in all the ways in.

// inBubble runs a test on the bubble's clock with a simulator in process.
func inBubble(t *testing.T, test func(*testing.T, *authtest.Simulator), opts ...authtest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		test(t, authtest.New(opts...))
	})
}

// clusterOf returns the simulator as a Cluster.
func clusterOf(t *testing.T, sim *authtest.Simulator, opts ...authflow.Option) *authflow.Cluster {
	t.Helper()
	c, err := authflow.New(sim.URL, append([]authflow.Option{authflow.WithHTTPClient(sim.Client())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trusted returns a Flow on the simulator with the secret key.
func trusted(t *testing.T, sim *authtest.Simulator, validity time.Duration, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	f, err := clusterOf(t, sim, opts...).FullAccess(gen.GetFullAccessTokenRequest{
		Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ValidityTimeInSec: int32(validity / time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// loggedIn returns a Flow on a session of the simulator's user.
func loggedIn(t *testing.T, sim *authtest.Simulator, remember bool, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	f, err := clusterOf(t, sim, opts...).Session(gen.LoginRequest{
		Username: authtest.DefaultUsername, Password: authtest.DefaultPassword, RememberMe: remember,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// get sends a request for a path of the rest of the API.
func get(ctx context.Context, f *authflow.Flow) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.Server()+"/api/rest/2.0/metadata/search", nil)
	if err != nil {
		return 0, err
	}
	resp, err := f.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}

// mustGet fails the test unless the request is answered with 200.
func mustGet(t *testing.T, f *authflow.Flow) {
	t.Helper()
	if status, err := get(t.Context(), f); status != http.StatusOK || err != nil {
		t.Fatalf("status %d, %v", status, err)
	}
}

// bubbles runs a test for each case, in a bubble of its own and beside the others.
// Callers call t.Parallel.
func bubbles[C any](t *testing.T, cases map[string]C, test func(*testing.T, C)) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, c) })
		})
	}
}

// people are users with the password "pw".
func people(n int) []authtest.Option {
	opts := make([]authtest.Option, n)
	for i := range opts {
		opts[i] = authtest.WithUser(fmt.Sprint("user-", i), "pw")
	}
	return opts
}

// everyWay returns a Flow for each of n people, in turn in each of the ways in,
// with the Cluster's key where it takes one.
func everyWay(t *testing.T, c *authflow.Cluster, n int) []*authflow.Flow {
	t.Helper()
	list := make([]*authflow.Flow, n)
	for i := range list {
		list[i] = oneWay(t, c, i)
	}
	return list
}

// oneWay returns the Flow that everyWay has for the person i.
func oneWay(t *testing.T, c *authflow.Cluster, i int) *authflow.Flow {
	t.Helper()
	var f *authflow.Flow
	var err error
	switch name := fmt.Sprint("user-", i); i % 4 {
	case 0:
		f, err = c.Session(gen.LoginRequest{Username: name, Password: "pw"})
	case 1:
		f, err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: name})
	case 2:
		f, err = c.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: name, ObjectID: "o"})
	case 3:
		f, err = c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: name, PersistOption: gen.PersistOptionNone})
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// allAtOnce calls use for each Flow at once, and returns how long the last took.
func allAtOnce(flows []*authflow.Flow, use func(i int, f *authflow.Flow)) time.Duration {
	began := time.Now()
	var wg sync.WaitGroup
	for i, f := range flows {
		wg.Go(func() { use(i, f) })
	}
	wg.Wait()
	return time.Since(began)
}

// userNamed returns a Flow of full access with the Cluster's key.
func userNamed(t *testing.T, c *authflow.Cluster, name string) *authflow.Flow {
	t.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: name})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// userOf returns a Flow of full access for the ith of people.
func userOf(t *testing.T, c *authflow.Cluster, i int) *authflow.Flow {
	t.Helper()
	return userNamed(t, c, "user-"+strconv.Itoa(i))
}

// waysOf returns a Flow in each of the ways in, on a cluster of its own.
func waysOf(t *testing.T, base http.RoundTripper, opts ...authflow.Option) map[string]*authflow.Flow {
	t.Helper()
	const user = authtest.DefaultUsername
	all := make(map[string]*authflow.Flow)
	for _, way := range []string{"full", "object", "custom", "session", "supplied", "session's token", "token's session", "function"} {
		c, err := authflow.New(authtest.InProcessURL, append([]authflow.Option{
			authflow.WithHTTPClient(&http.Client{Transport: base}),
			authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return authtest.DefaultSecretKey, nil }),
		}, opts...)...)
		if err != nil {
			t.Fatal(err)
		}
		var f *authflow.Flow
		switch way {
		case "object":
			f, err = c.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: user, ObjectID: "o"})
		case "custom":
			f, err = c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: user, PersistOption: gen.PersistOptionNone})
		case "session", "session's token":
			f, err = c.Session(gen.LoginRequest{Username: user, Password: authtest.DefaultPassword})
		case "supplied":
			f, err = c.Session(gen.LoginRequest{Username: user}, authflow.WithPassword(func(context.Context) (gen.Secret, error) { return authtest.DefaultPassword, nil }))
		default:
			f, err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
		}
		switch {
		case err != nil:
		case way == "session's token":
			f = f.SessionToken()
		case way == "token's session":
			f, err = f.Session()
		case way == "function":
			full := f
			f, err = c.TokensFrom(func(ctx context.Context) (authflow.Token, error) { return full.Token(ctx, authflow.Exclusive()) })
		}
		if err != nil {
			t.Fatal(err)
		}
		all[way] = f
	}
	return all
}

// ask uses a Flow in one of the ways that there are to use it.
func ask(ctx context.Context, f *authflow.Flow, way int) (err error) {
	switch way % 4 {
	case 0:
		_, err = get(ctx, f)
	case 1:
		_, err = carried(ctx, f)
	case 2:
		_, err = f.Token(ctx, authflow.Exclusive()) // which a session has not
	case 3:
		err = f.Renew(ctx)
	}
	return err
}

// retryAfter returns what an error says of when to try again, or 0.
func retryAfter(err error) time.Duration {
	var e *authflow.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.RetryAfter
}

// user returns a Flow of full access with a key of its own.
func user(t *testing.T, c *authflow.Cluster, name string) *authflow.Flow {
	t.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: name, SecretKey: mixedKey})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// arrivals notes the calls that a simulator gets.
type arrivals struct {
	mu   sync.Mutex
	list []authtest.Call
}

func (l *arrivals) option() authtest.Option {
	return authtest.WithObserver(func(c authtest.Call) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, c)
	})
}

func (l *arrivals) count(fits func(authtest.Call) bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.list {
		if fits(c) {
			n++
		}
	}
	return n
}

// times returns when the calls were sent, in their order.
func (l *arrivals) times() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	times := make([]time.Time, len(l.list))
	for i, c := range l.list {
		times[i] = c.Began
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}
