package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
		var err error
		switch name := fmt.Sprint("user-", i); i % 4 {
		case 0:
			list[i], err = c.Session(gen.LoginRequest{Username: name, Password: "pw"})
		case 1:
			list[i], err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: name})
		case 2:
			list[i], err = c.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: name, ObjectID: "o"})
		case 3:
			list[i], err = c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: name, PersistOption: gen.PersistOptionNone})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
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
