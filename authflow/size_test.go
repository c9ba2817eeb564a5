package authflow_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

const (
	sizeToken  = 200 // bytes of token of each Flow below
	sizeSecret = 36
)

// bytesPerFlow returns what an idle Flow with a live token costs beside the
// token and the request as JSON, when n of them share a cluster. Each has a user
// of its own, and the secret that is given for it.
func bytesPerFlow(tb testing.TB, n int, secret func(*gen.GetFullAccessTokenRequest, string), opts ...authflow.Option) float64 {
	tb.Helper()
	minted, requests := 0, 0
	opts = append(opts, authflow.WithRateLimit(0, 0))
	c := fakeCluster(tb, func(r *http.Request) (*http.Response, error) {
		minted++
		_, err := io.Copy(io.Discard, r.Body)
		return reply(r, 200, fmt.Sprintf(`{"token":"%0*d","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,
			"scope":{"access_type":"FULL","org_id":1},"valid_for_user_id":"59a122dc-38d7-43e7-bb90-86f724c7b602","valid_for_username":"user"}`, sizeToken, minted)), err
	}, opts...)
	flows := make([]*authflow.Flow, n)
	before := heapInUse()
	for i := range flows {
		req := gen.GetFullAccessTokenRequest{Username: fmt.Sprintf("user-%d@example.com", i)}
		secret(&req, fmt.Sprintf("%0*d", sizeSecret, i))
		encoded, err := json.Marshal(req)
		if err != nil {
			tb.Fatal(err)
		}
		requests += len(encoded)
		f, err := c.FullAccess(req)
		if err != nil {
			tb.Fatal(err)
		}
		if err := f.Renew(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		flows[i] = f
	}
	used := heapInUse() - before
	runtime.KeepAlive(flows)
	runtime.KeepAlive(c)
	return (float64(used)-float64(requests))/float64(n) - sizeToken
}

// Where a Flow gets its credential.
var sizeWays = []struct {
	name   string
	secret func(*gen.GetFullAccessTokenRequest, string)
	opts   []authflow.Option
}{
	{"a key of the cluster", func(*gen.GetFullAccessTokenRequest, string) {}, []authflow.Option{authflow.WithSecretKey("2657f6f9-6aa9-4432-99f2-bf0d70f240ac")}},
	{"the same key in each request", func(r *gen.GetFullAccessTokenRequest, _ string) { r.SecretKey = "2657f6f9-6aa9-4432-99f2-bf0d70f240ac" }, nil},
	{"a password in each request", func(r *gen.GetFullAccessTokenRequest, s string) { r.Password = gen.Secret(s) }, nil},
}

func TestL3AnIdleFlowIsSmall(t *testing.T) {
	for _, way := range sizeWays {
		got := bytesPerFlow(t, 5_000, way.secret, way.opts...)
		for range 2 { // other tests leave what is collected meanwhile
			got = min(got, bytesPerFlow(t, 5_000, way.secret, way.opts...))
		}
		t.Logf("%s: %.0f bytes beside token and request", way.name, got)
		if got >= 400 {
			t.Errorf("%s: %.0f bytes beside token and request", way.name, got)
		}
	}
}

// A principal in use costs what one costs that was renewed once, however often it
// was renewed. Tokens that are alive are kept for Logout, with little beside them.
func TestL3_PrincipalInUse_IsSmall(t *testing.T) {
	const flows = 1000
	measure := func(renewals int, every time.Duration, alive int) (beside int) {
		synctest.Test(t, func(t *testing.T) {
			minted, requests := 0, 0
			c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				minted++
				_, err := io.Copy(io.Discard, r.Body)
				return reply(r, 200, fmt.Sprintf(`{"token":"%0*d","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,
					"scope":{"access_type":"FULL","org_id":1},"valid_for_user_id":"59a122dc-38d7-43e7-bb90-86f724c7b602","valid_for_username":"user"}`, sizeToken, minted)), err
			}, authflow.WithRateLimit(0, 0), authflow.WithSecretKey("key"))
			all := make([]*authflow.Flow, flows)
			before := heapInUse()
			for i := range all {
				req := gen.GetFullAccessTokenRequest{Username: fmt.Sprintf("user-%d@example.com", i)}
				encoded, err := json.Marshal(req)
				if err != nil {
					t.Fatal(err)
				}
				requests += len(encoded)
				if all[i], err = c.FullAccess(req); err != nil {
					t.Fatal(err)
				}
			}
			for range renewals {
				for _, f := range all {
					if err := f.Renew(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(every) // fake clock
			}
			used := heapInUse() - before
			runtime.KeepAlive(all)
			beside = (used-requests)/flows - alive*sizeToken
		})
		return beside
	}
	once, often, atOnce := measure(2, 230*time.Second, 2), measure(17, 230*time.Second, 2), measure(17, 0, 17)
	t.Logf("%d bytes beside the tokens that are alive after one renewal, %d after 16, %d with 17 tokens alive", once, often, atOnce)
	if once >= 500 || often >= 500 || often > once+16 {
		t.Errorf("%d bytes after one renewal, %d after 16", once, often)
	}
	if each := (atOnce - often) / 15; each > 90 {
		t.Errorf("%d bytes beside each token that is alive", each)
	}
}

// heapInUse returns how many bytes are in use.
func heapInUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc) //nolint:gosec // of this process
}

// BenchmarkSize prints the bytes of an idle Flow beside its token and request,
// for 100,000 flows on one server.
func BenchmarkSize(b *testing.B) {
	for _, way := range sizeWays {
		b.Run(way.name, func(b *testing.B) {
			b.ReportMetric(bytesPerFlow(b, 100_000, way.secret, way.opts...), "bytes/flow")
			b.ReportMetric(0, "ns/op")
		})
	}
}
