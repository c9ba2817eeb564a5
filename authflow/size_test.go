package authflow_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

const (
	sizeFull   = 200   // bytes of a token of full access
	sizeJWT    = 1_200 // bytes of a token of custom access
	sizeSecret = 36
	sizeTexts  = 7 + 36 + 19 // "Bearer ", and the id and name of the user
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
	for range 3 { // some objects are freed by the one after the next
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc) //nolint:gosec // of this process
}

// principal is a way to acquire credentials.
type principal struct {
	text        int           // bytes of one of its credentials, with what the server says of it
	every, rest time.Duration // between renewals, and until only the last credential is alive
	most        int           // bytes that a principal in use may cost beside its credential
	flow        func(c *authflow.Cluster, user, secret string) (*authflow.Flow, any, error)
}

// principals are the ways to acquire credentials. Each returns its request, too.
// With a password, about 400 bytes are what the lockout knows of the user. The
// allocator rounds the texts of custom access up by 104 bytes.
var principals = map[string]principal{
	"full access, key of the cluster": {sizeFull + sizeTexts, 200 * time.Second, 120 * time.Second, 500, func(c *authflow.Cluster, user, _ string) (*authflow.Flow, any, error) {
		req := gen.GetFullAccessTokenRequest{Username: user}
		f, err := c.FullAccess(req)
		return f, req, err
	}},
	"full access, password": {sizeFull + sizeTexts, 200 * time.Second, 120 * time.Second, 950, func(c *authflow.Cluster, user, secret string) (*authflow.Flow, any, error) {
		req := gen.GetFullAccessTokenRequest{Username: user, Password: gen.Secret(secret)}
		f, err := c.FullAccess(req)
		return f, req, err
	}},
	"custom access": {sizeJWT + sizeTexts + 36 + 5, 200 * time.Second, 120 * time.Second, 600, func(c *authflow.Cluster, user, _ string) (*authflow.Flow, any, error) {
		req := gen.GetCustomAccessTokenRequest{Username: user, PersistOption: gen.PersistOptionReplace}
		f, err := c.CustomAccess(req)
		return f, req, err
	}},
	"session": {sizeSecret, 2 * time.Hour, 4 * time.Hour, 1250, func(c *authflow.Cluster, user, secret string) (*authflow.Flow, any, error) {
		req := gen.LoginRequest{Username: user, Password: gen.Secret(secret)}
		f, err := c.Session(req)
		return f, req, err
	}},
}

// crowd is a Cluster with many principals of one kind.
type crowd struct {
	principal
	cluster *authflow.Cluster
	users   int
}

func newCrowd(tb testing.TB, p principal) *crowd {
	tb.Helper()
	return &crowd{principal: p, cluster: fakeCluster(tb, sizeServer(), authflow.WithRateLimit(0, 0), authflow.WithSecretKey("2657f6f9-6aa9-4432-99f2-bf0d70f240ac"))}
}

// add returns n Flows for other users, and how many bytes their requests have as
// JSON.
func (c *crowd) add(tb testing.TB, n int) (flows []*authflow.Flow, requests int) {
	tb.Helper()
	flows = make([]*authflow.Flow, n)
	for i := range flows {
		c.users++
		f, req, err := c.flow(c.cluster, fmt.Sprintf("user-%d@example.com", c.users), fmt.Sprintf("%0*d", sizeSecret, c.users))
		if err != nil {
			tb.Fatal(err)
		}
		body, err := json.Marshal(req)
		if err != nil {
			tb.Fatal(err)
		}
		flows[i], requests = f, requests+len(body)
	}
	return flows, requests
}

// bytesBeside returns what each principal costs beside its request as JSON and the
// texts of its credentials, alive of which are alive after use. It is the least of
// three measurements: the runtime uses the heap, too.
func bytesBeside(t *testing.T, p principal, alive int, use func(*testing.T, []*authflow.Flow)) int {
	t.Helper()
	const n = 100
	measured := make([]int, 3)
	for i := range measured {
		synctest.Test(t, func(t *testing.T) {
			c := newCrowd(t, p)
			few, _ := c.add(t, 5)
			use(t, few) // makes the parts that all principals of a Cluster share
			before := heapInUse()
			many, requests := c.add(t, n)
			use(t, many)
			used := heapInUse() - before
			runtime.KeepAlive(few)
			runtime.KeepAlive(many)
			measured[i] = (used-requests)/n - alive*p.text
		})
	}
	return slices.Min(measured)
}

// renewing uses each Flow for as many lifetimes as it renews its credential, and
// once more after the credential before the last has expired.
func renewing(times int, p principal) func(*testing.T, []*authflow.Flow) {
	return func(t *testing.T, all []*authflow.Flow) {
		t.Helper()
		for i := range times {
			for _, f := range all {
				if err := f.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if i < times-1 {
				time.Sleep(p.every) // fake clock
			}
		}
		time.Sleep(p.rest) // fake clock
		for _, f := range all {
			mustCarry(t, f)
		}
	}
}

// A principal in use costs what one costs that was renewed once, however often it
// was renewed. Before, a token of 1,200 bytes that was renewed 17 times cost 24,748
// bytes.
func TestL3_PrincipalThatIsRenewedOften_CostsWhatOneRenewalDoes(t *testing.T) {
	for name, p := range rows(t, principals, "custom access") {
		once, often := bytesBeside(t, p, 1, renewing(2, p)), bytesBeside(t, p, 1, renewing(17, p))
		t.Logf("%s: %d bytes after 2 credentials, %d after 17", name, once, often)
		if often > once+once/10 || often > p.most {
			t.Errorf("%s: %d bytes after 2 credentials, %d after 17, want at most %d", name, once, often, p.most)
		}
	}
}

// For a token that is out of use, Logout needs its text and little more.
func TestL3_TokenThatLogoutHasToEnd_CostsLittleBesideItsText(t *testing.T) {
	tokens := map[string]principal{}
	for _, name := range []string{"full access, key of the cluster", "custom access"} {
		tokens[name] = principals[name]
	}
	for name, p := range rows(t, tokens, "custom access") {
		acquire := func(tokens int) func(*testing.T, []*authflow.Flow) {
			return func(t *testing.T, all []*authflow.Flow) {
				t.Helper()
				for _, f := range all {
					mustCarry(t, f)
					for range tokens {
						mustToken(t, f, authflow.Exclusive())
					}
				}
			}
		}
		none, twenty := bytesBeside(t, p, 1, acquire(0)), bytesBeside(t, p, 21, acquire(20))
		each := (twenty - none) / 20
		t.Logf("%s: %d bytes beside each of 20 tokens", name, each)
		if each > 110 {
			t.Errorf("%s: %d bytes beside each of 20 tokens", name, each)
		}
	}
}

// BenchmarkSize prints what an idle principal costs beside its request and
// credential, for 100,000 on one server.
func BenchmarkSize(b *testing.B) {
	for name, p := range principals {
		b.Run(name, func(b *testing.B) {
			const n = 100_000
			before := heapInUse()
			all, requests := newCrowd(b, p).add(b, n)
			for _, f := range all {
				if err := f.Renew(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			used := heapInUse() - before
			runtime.KeepAlive(all)
			b.ReportMetric(float64(used-requests)/n-float64(p.text), "bytes/flow")
			b.ReportMetric(0, "ns/op")
		})
	}
}
