package pool_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// sizeServer responds with tokens of size bytes that live for 300 seconds.
func sizeServer(size int) roundTrip {
	issued := 0
	return func(r *http.Request) (*http.Response, error) {
		issued++
		var req struct{ Username string }
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		_ = json.Unmarshal(body, &req)
		now := time.Now().UnixMilli()
		const id = "59a122dc-38d7-43e7-bb90-86f724c7b602"
		text := fmt.Sprintf(`{"token":"%0*d","creation_time_in_millis":%d,"expiration_time_in_millis":%d,`, size, issued, now, now+300_000)
		if strings.HasSuffix(r.URL.Path, "/custom") {
			text += fmt.Sprintf(`"id":%q,"user":{"id":%q,"name":%q},"org":{"id":1,"name":"Sales"}}`, id, id, req.Username)
		} else {
			text += fmt.Sprintf(`"scope":{"access_type":"FULL","org_id":1},"valid_for_user_id":%q,"valid_for_username":%q}`, id, req.Username)
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
	}
}

// fleet is a pool of many principals with tokens of one size.
type fleet struct {
	*pool.Pool[string]
	names  []string
	token  int // bytes of each token
	before int // bytes of the heap without the pool
}

// newFleet returns a pool without flows.
func newFleet(t *testing.T, n, token int) *fleet {
	t.Helper()
	c, err := authflow.New("https://ts.example", authflow.WithSecretKey("key"), authflow.WithRateLimit(0, 0),
		authflow.WithHTTPClient(&http.Client{Transport: sizeServer(token)}))
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{names: make([]string, n), token: token}
	for i := range f.names {
		f.names[i] = fmt.Sprintf("user-%d@example.com", i)
	}
	f.Pool, err = pool.New(func(_ context.Context, name string) (*authflow.Flow, error) {
		if token > 1_000 {
			return c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: name, PersistOption: gen.PersistOptionReplace})
		}
		return c.FullAccess(gen.GetFullAccessTokenRequest{Username: name})
	}, pool.WithMaxFlows(n))
	if err != nil {
		t.Fatal(err)
	}
	f.before = heapInUse()
	return f
}

// each calls use with the flow of each principal.
func (f *fleet) each(t *testing.T, use func(*authflow.Flow) error) {
	t.Helper()
	for _, name := range f.names {
		flow, err := f.Get(t.Context(), name)
		if err == nil {
			err = use(flow)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// renew renews the token of each principal.
func (f *fleet) renew(t *testing.T) {
	t.Helper()
	f.each(t, func(flow *authflow.Flow) error { return flow.Renew(t.Context()) })
}

// size returns the bytes of a principal, all in all and beside the texts of its
// tokens, of which as many are alive as given.
func (f *fleet) size(t *testing.T, alive int) (total, beside int) {
	t.Helper()
	first, err := f.Get(t.Context(), f.names[0])
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := first.Outstanding(); n != alive || f.Stats().Flows != len(f.names) {
		t.Fatalf("%d tokens are alive, want %d; %d flows", n, alive, f.Stats().Flows)
	}
	total = (heapInUse() - f.before) / len(f.names)
	runtime.KeepAlive(f)
	return total, total - alive*f.token
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

// principals returns how many principals are measured: POOL_PRINCIPALS, or a few.
func principals(t *testing.T) int {
	t.Helper()
	text := os.Getenv("POOL_PRINCIPALS")
	if text == "" {
		return 500
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A principal that was renewed three times costs its tokens that are alive, which
// Logout has to end, and the bytes that the package documentation tells.
func TestL3_PrincipalsThatWereRenewedThreeTimes_CostWhatTheirLiveTokensCost(t *testing.T) {
	n := principals(t)
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // a million principals fit into 12 GB
	for _, token := range []int{200, 1_200} {
		most := map[int][3]int{200: {1_050, 950, 1_300}, 1_200: {1_250, 1_100, 1_600}}[token]
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(t, n, token)
			report := func(when string, alive, most int) {
				total, beside := f.size(t, alive)
				t.Logf("%d principals, tokens of %d bytes, %s: %d bytes each, %d beside the tokens", n, token, when, total, beside)
				if beside > most {
					t.Errorf("%s: %d bytes beside the tokens, want at most %d", when, beside, most)
				}
			}
			for range 4 {
				time.Sleep(200 * time.Second) // fake clock
				f.renew(t)
			}
			report("renewed three times, two tokens are alive", 2, most[0])
			time.Sleep(150 * time.Second) // fake clock
			f.each(t, func(flow *authflow.Flow) error {
				_, err := flow.Token(t.Context())
				return err
			})
			report("renewed three times, one token is alive", 1, most[1])
			time.Sleep(200 * time.Second) // fake clock
			for range 4 {
				f.renew(t)
			}
			f.each(t, func(flow *authflow.Flow) error {
				_, err := flow.Token(t.Context())
				return err
			})
			report("renewed three times within one lifetime, four tokens are alive", 4, most[2])
		})
	}
}
