package tokenservice_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// BenchmarkRequest is one request of one of many users, with a cluster that responds at
// once. It also reports how many bytes a user with one token takes, and how many each
// further token takes, of 200 bytes here.
func BenchmarkRequest(b *testing.B) {
	const users = 20_000
	var calls atomic.Int64
	granted := `{"token":"%0200d","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675215664089}`
	cluster, err := authflow.New("https://ts.example", authflow.WithSecretKey("key"), authflow.WithRateLimit(0, 0),
		authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(fmt.Sprintf(granted, calls.Add(1)))), Request: r}, nil
		})}))
	if err != nil {
		b.Fatal(err)
	}
	service, err := tokenservice.New(cluster, byCookie, tokenservice.WithUserLimit(1e6, 1e6))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = service.Shutdown(b.Context()) }()
	get := func(i int) {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: "user", Value: fmt.Sprint("user-", i%users)})
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	none := heap()
	for i := range users {
		get(i)
	}
	one := heap()
	for i := range users {
		get(i)
	}
	two := heap()
	i := 0
	for b.Loop() {
		get(i)
		i++
	}
	b.ReportMetric((one-none)/users, "B/user")
	b.ReportMetric((two-one)/users, "B/token")
	runtime.KeepAlive(service)
}
