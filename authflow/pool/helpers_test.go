package pool_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// L1: no test of this package leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// users is a pool of users of a simulator, which creates a user with the first
// token.
type users struct {
	*pool.Pool[string]
	sim     *authtest.Simulator
	cluster *authflow.Cluster

	mu      sync.Mutex
	created map[string]int
	before  func(ctx context.Context, key string) (*authflow.Flow, error) // replaces create, if it returns a flow or an error
}

// inBubble calls test in a bubble with a pool, which it closes at the end.
func inBubble(t *testing.T, opts []pool.Option, test func(*testing.T, *users)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		u := &users{sim: authtest.New(), created: make(map[string]int)}
		var err error
		u.cluster, err = authflow.New(u.sim.URL, authflow.WithHTTPClient(u.sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
		if err != nil {
			t.Fatal(err)
		}
		u.Pool, err = pool.New(u.create, opts...)
		if err != nil {
			t.Fatal(err)
		}
		test(t, u)
	})
}

func (u *users) create(ctx context.Context, key string) (*authflow.Flow, error) {
	u.mu.Lock()
	u.created[key]++
	before := u.before
	u.mu.Unlock()
	if before != nil {
		f, err := before(ctx, key)
		if f != nil || err != nil {
			return f, err
		}
	}
	return u.flow(key)
}

// flow returns a new flow of a user.
func (u *users) flow(name string) (*authflow.Flow, error) {
	yes := true
	return u.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: name, AutoCreate: &yes, Email: name + "@example.com", DisplayName: name})
}

// calls returns how often create was called for a key.
func (u *users) calls(key string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.created[key]
}

// mustGet returns the flow of a key.
func (u *users) mustGet(t *testing.T, key string) *authflow.Flow {
	t.Helper()
	f, err := u.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// mustToken returns the token of a flow.
func mustToken(t *testing.T, f *authflow.Flow) authflow.Token {
	t.Helper()
	token, err := f.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// isAlive reports whether the server accepts a token.
func (u *users) isAlive(t *testing.T, token authflow.Token) bool {
	t.Helper()
	client, err := gen.NewClientWithResponses(u.sim.URL, gen.WithHTTPClient(u.sim.Client()))
	if err != nil {
		t.Fatal(err)
	}
	r, err := client.GetCurrentUserInfoWithResponse(t.Context(), func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+string(token.Value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode() == http.StatusOK
}

// alive returns how many of the tokens the server accepts.
func (u *users) alive(t *testing.T, tokens []authflow.Token) (n int) {
	t.Helper()
	for _, token := range tokens {
		if u.isAlive(t, token) {
			n++
		}
	}
	return n
}

// result is what a Get returned.
type result struct {
	flow *authflow.Flow
	err  error
}

// getting requests the flow of ann in a goroutine. wait returns the result.
func (u *users) getting(ctx context.Context) (wait func() result) {
	results := make(chan result, 1)
	go func() {
		f, err := u.Get(ctx, "ann")
		results <- result{f, err}
	}()
	synctest.Wait()
	return func() result { return <-results }
}

// within returns a context that ends after d.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// took returns how long call takes on the fake clock.
func took(call func()) time.Duration {
	began := time.Now()
	call()
	return time.Since(began)
}

// keys returns the keys of a pool.
func (u *users) keys() []string { return slices.Collect(u.Keys()) }

// slowly is a create that takes a second and does not look at its context.
func slowly(context.Context, string) (*authflow.Flow, error) {
	time.Sleep(time.Second) // fake clock
	return nil, nil
}

var errBroken = errors.New("no database")
