package authflow

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

const sizeToken = 200 // bytes of token of each Flow below

// minting answers every request with a new token of sizeToken bytes.
type minting struct{ n int }

func (m *minting) RoundTrip(req *http.Request) (*http.Response, error) {
	m.n++
	_ = req.Body.Close()
	body := fmt.Sprintf(`{"token":"%0*d","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,
		"scope":{"access_type":"FULL","org_id":1},"valid_for_user_id":"59a122dc-38d7-43e7-bb90-86f724c7b602","valid_for_username":"user"}`, sizeToken, m.n)
	return &http.Response{
		StatusCode: http.StatusOK, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// bytesPerFlow returns what an idle Flow with a live token costs beside the
// token, when n of them share a client.
func bytesPerFlow(tb testing.TB, n int) float64 {
	tb.Helper()
	client := &http.Client{Transport: &minting{}}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	flows := make([]*Flow, n)
	before := heap()
	for i := range flows {
		f, err := FullAccess("https://acme.thoughtspot.cloud", gen.GetFullAccessTokenRequest{
			Username:  fmt.Sprintf("user-%d@example.com", i),
			SecretKey: "2657f6f9-6aa9-4432-99f2-bf0d70f240ac",
		}, WithHTTPClient(client))
		if err != nil {
			tb.Fatal(err)
		}
		if err := f.Renew(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		flows[i] = f
	}
	used := heap() - before
	runtime.KeepAlive(flows)
	return float64(used)/float64(n) - sizeToken
}

func TestL3AnIdleFlowIsSmall(t *testing.T) {
	if got := bytesPerFlow(t, 5_000); got >= 1024 {
		t.Errorf("%.0f bytes beside the token", got)
	}
}

// BenchmarkSize prints the bytes of an idle Flow beside its token, for 100,000
// flows on one server.
func BenchmarkSize(b *testing.B) {
	b.ReportMetric(bytesPerFlow(b, 100_000), "bytes/flow")
	b.ReportMetric(0, "ns/op")
}
