package authflow_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

const (
	sizeFull   = 200   // bytes of a token of full access
	sizeJWT    = 1_200 // bytes of a token of custom access
	sizeSecret = 36
)

// sizeServer responds with tokens for users by name, and with sessions.
func sizeServer() roundTrip {
	minted := 0
	return func(r *http.Request) (*http.Response, error) {
		minted++
		var req struct {
			Username string `json:"username"`
		}
		body, err := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &req)
		now := time.Now().UnixMilli()
		switch {
		case strings.HasSuffix(r.URL.Path, "/login"):
			return reply(r, 204, "", "Set-Cookie", fmt.Sprintf("JSESSIONID=%0*d; Path=/; HttpOnly", sizeSecret, minted)), err
		case strings.HasSuffix(r.URL.Path, "/custom"):
			return reply(r, 200, fmt.Sprintf(`{"token":"%0*d","creation_time_in_millis":%d,"expiration_time_in_millis":%d,"id":"59a122dc-38d7-43e7-bb90-86f724c7b602",
				"user":{"id":"59a122dc-38d7-43e7-bb90-86f724c7b602","name":%q},"org":{"id":1,"name":"Sales"}}`, sizeJWT, minted, now, now+300_000, req.Username)), err
		}
		return reply(r, 200, fmt.Sprintf(`{"token":"%0*d","creation_time_in_millis":%d,"expiration_time_in_millis":%d,
			"scope":{"access_type":"FULL","org_id":1},"valid_for_user_id":"59a122dc-38d7-43e7-bb90-86f724c7b602","valid_for_username":%q}`, sizeFull, minted, now, now+300_000, req.Username)), err
	}
}

// heapInUse returns how many bytes of the heap are in use.
func heapInUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc) //nolint:gosec // of this process
}

// principal is a way to acquire credentials.
type principal struct {
	text int // bytes of one of its credentials
	flow func(c *authflow.Cluster, user, secret string) (*authflow.Flow, any, error)
}

// principals are the ways to acquire credentials. Each returns its request, too.
var principals = map[string]principal{
	"full access, key of the cluster": {sizeFull, func(c *authflow.Cluster, user, _ string) (*authflow.Flow, any, error) {
		req := gen.GetFullAccessTokenRequest{Username: user}
		f, err := c.FullAccess(req)
		return f, req, err
	}},
	"full access, key of the request": {sizeFull, func(c *authflow.Cluster, user, _ string) (*authflow.Flow, any, error) {
		req := gen.GetFullAccessTokenRequest{Username: user, SecretKey: "2657f6f9-6aa9-4432-99f2-bf0d70f240ac"}
		f, err := c.FullAccess(req)
		return f, req, err
	}},
	"full access, password": {sizeFull, func(c *authflow.Cluster, user, secret string) (*authflow.Flow, any, error) {
		req := gen.GetFullAccessTokenRequest{Username: user, Password: gen.Secret(secret)}
		f, err := c.FullAccess(req)
		return f, req, err
	}},
	"custom access": {sizeJWT, func(c *authflow.Cluster, user, _ string) (*authflow.Flow, any, error) {
		req := gen.GetCustomAccessTokenRequest{Username: user, PersistOption: gen.PersistOptionReplace}
		f, err := c.CustomAccess(req)
		return f, req, err
	}},
	"session": {sizeSecret, func(c *authflow.Cluster, user, secret string) (*authflow.Flow, any, error) {
		req := gen.LoginRequest{Username: user, Password: gen.Secret(secret)}
		f, err := c.Session(req)
		return f, req, err
	}},
}

// crowdOf returns n Flows on a Cluster of their own, and how many bytes their
// requests have as JSON.
func crowdOf(tb testing.TB, n int, p principal) (all []*authflow.Flow, requests int) {
	tb.Helper()
	c := fakeCluster(tb, sizeServer(), authflow.WithRateLimit(0, 0), authflow.WithSecretKey("2657f6f9-6aa9-4432-99f2-bf0d70f240ac"))
	all = make([]*authflow.Flow, n)
	for i := range all {
		f, req, err := p.flow(c, fmt.Sprintf("user-%d@example.com", i), fmt.Sprintf("%0*d", sizeSecret, i))
		if err != nil {
			tb.Fatal(err)
		}
		body, err := json.Marshal(req)
		if err != nil {
			tb.Fatal(err)
		}
		all[i], requests = f, requests+len(body)
	}
	return all, requests
}

// bytesPerFlow returns what a principal costs beside its request as JSON and the
// texts of its credentials that are alive, after use has used it.
func bytesPerFlow(tb testing.TB, n int, p principal, alive int, use func(*authflow.Flow)) int {
	tb.Helper()
	before := heapInUse()
	all, requests := crowdOf(tb, n, p)
	for _, f := range all {
		use(f)
	}
	used := heapInUse() - before
	runtime.KeepAlive(all)
	return (used-requests)/n - alive*p.text
}

// renewed uses a Flow for as many lifetimes of 300 s as it renews its credential.
func renewed(t *testing.T, times int) func(*authflow.Flow) {
	t.Helper()
	return func(f *authflow.Flow) {
		for range times {
			if err := f.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestZZ(t *testing.T) {
	for name, p := range principals {
		for _, times := range []int{1, 2, 17} {
			synctest.Test(t, func(t *testing.T) {
				n := 500
				before := heapInUse()
				all, requests := crowdOf(t, n, p)
				for range times {
					for _, f := range all {
						if err := f.Renew(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					time.Sleep(230 * time.Second) // fake clock
				}
				used := heapInUse() - before
				runtime.KeepAlive(all)
				t.Log(name, times, (used-requests)/n, (used-requests)/n-min(times, 2)*p.text)
			})
		}
	}
	for _, times := range []int{1, 20} {
		synctest.Test(t, func(t *testing.T) {
			n := 500
			before := heapInUse()
			p := principals["full access, key of the cluster"]
			all, requests := crowdOf(t, n, p)
			for range times {
				for _, f := range all {
					if _, err := f.Token(t.Context(), authflow.Exclusive()); err != nil {
						t.Fatal(err)
					}
				}
			}
			used := heapInUse() - before
			runtime.KeepAlive(all)
			t.Log("exclusive", times, (used-requests)/n, (used-requests)/n-times*p.text)
		})
	}
	_ = weak.Make(new(int))
}
