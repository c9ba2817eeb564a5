package tokenservice_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// After a failure of the cluster, the browser gets the numbers of the failure and the time
// for another try, but none of the cluster's words.
func TestFailure_OfTheCluster_IsReportedByNumbersOnly(t *testing.T) {
	const words = "row 7 of table users at 10.0.0.7"
	rejected := func(status int) authtest.Fault { return authtest.Reject(status, 10042, words) }
	for name, c := range map[string]struct {
		fault   authtest.Fault
		status  int
		outcome tokenservice.Outcome
		code    float64
		least   time.Duration // of Retry-After
	}{
		"down":                       {rejected(503), 503, tokenservice.Unavailable, 10042, time.Second},
		"a gateway":                  {authtest.HTML(502), 503, tokenservice.Unavailable, 0, time.Second},
		"maintenance":                {authtest.Maintenance(200), 503, tokenservice.Unavailable, 0, time.Second},
		"a connection that is reset": {authtest.Reset(), 503, tokenservice.Unavailable, 0, time.Second},
		"too many requests":          {authtest.RateLimited(90 * time.Second), 503, tokenservice.Throttled, 10000, 90 * time.Second},
		"an internal error":          {rejected(500), 503, tokenservice.Unavailable, 10042, time.Second},
		"a rejected key":             {rejected(401), 502, tokenservice.Refused, 10042, 0},
		"a user locked out":          {rejected(403), 502, tokenservice.Refused, 10042, 0},
		"a wrong request":            {rejected(400), 502, tokenservice.Refused, 10042, 0},
		"a page to log in":           {authtest.Redirect(302, "https://idp.example/"), 502, tokenservice.Refused, 0, 0},
		"half a response":            {authtest.Truncated(), 503, tokenservice.Unavailable, 0, time.Second},
		"nothing":                    {authtest.Empty(200), 502, tokenservice.Refused, 0, 0},
		"a page, not JSON":           {authtest.HTML(200), 502, tokenservice.Refused, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			in(t, nil, func(t *testing.T, x *rig) {
				x.sim.Fail(authtest.OpGetFullAccessToken, -1, c.fault)
				for range 2 {
					resp := x.request(t, "GET", "ann", "Origin", friend)
					p := problem(t, resp, c.status)
					if e := x.last(t); e.Outcome != c.outcome || e.Status != c.status || e.Err == nil {
						t.Errorf("%+v", e)
					}
					code, _ := p["code"].(float64)
					if incident, _ := p["incident_id"].(string); code != c.code || code == 10042 && incident == "" {
						t.Errorf("%v", p)
					}
					for key := range p {
						if !strings.Contains(" title status detail code incident_id trace_id ", " "+key+" ") {
							t.Errorf("%v", p)
						}
					}
					for _, v := range p {
						if s, ok := v.(string); ok && (strings.Contains(s, "row 7") || strings.Contains(s, "http")) {
							t.Errorf("the browser gets %q", s)
						}
					}
					if (resp.header.Get("Retry-After") == "") != (c.status == 502) {
						t.Errorf("Retry-After: %q", resp.header.Get("Retry-After"))
					} else if c.status == 503 {
						if d := retryAfter(t, resp); d < c.least || d > max(2*c.least, 20*time.Second) {
							t.Errorf("Retry-After: %v", d)
						}
					}
				}
				if c.code == 10042 && !strings.Contains(log.String(), words) {
					t.Errorf("the log does not have the words of the cluster: %s", log.String())
				}
				if strings.Contains(log.String(), authtest.DefaultSecretKey) {
					t.Error("the log has the key")
				}
				x.sim.ClearFaults()
				time.Sleep(3 * time.Minute) // fake clock
				token(t, x.request(t, "GET", "ann"))
			}, tokenservice.WithOrigins(friend), tokenservice.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		})
	}
}

// unknownHost is a transport on a machine where nobody knows the host.
type unknownHost struct{}

func (unknownHost) RoundTrip(req *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: req.URL.Hostname(), IsNotFound: true}}
}

// The response does not say that the cluster rejected anything if nothing reached it.
func TestFailure_HostThatNobodyKnows_IsUnavailable(t *testing.T) {
	cluster, err := authflow.New("https://nowhere.example", authflow.WithSecretKey(authtest.DefaultSecretKey),
		authflow.WithHTTPClient(&http.Client{Transport: unknownHost{}}))
	if err != nil {
		t.Fatal(err)
	}
	service, err := tokenservice.New(cluster, func(*http.Request) (tokenservice.Request, error) {
		return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: "ann"}), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w := httptest.NewRecorder()
		service.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "rejected") {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	}
}

// Clients that have to wait equally long do not all retry at once.
func TestRetryAfter_OfACrowd_IsSpread(t *testing.T) {
	in(t, anybody, func(t *testing.T, x *rig) {
		x.sim.Fail(authtest.AnyOperation, -1, authtest.RateLimited(100*time.Second))
		var mu sync.Mutex
		waits := map[time.Duration]int{}
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				d := retryAfter(t, x.request(t, "GET", fmt.Sprint("user-", i)))
				mu.Lock()
				defer mu.Unlock()
				waits[d]++
			})
		}
		wg.Wait()
		if len(waits) < 5 {
			t.Errorf("50 clients get only these values of Retry-After: %v", waits)
		}
	})
}

// Ready distinguishes an outage of the cluster from a service that is shutting down.
func TestHealth_DuringAnOutage_IsDegraded(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		is := func(what string, h http.Handler, status int, body string) {
			t.Helper()
			w := &recorder{header: http.Header{}}
			h.ServeHTTP(w, request(t, "GET", "/health", ""))
			if w.status != status || !strings.HasPrefix(w.String(), body) || w.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %s %v", what, w.status, w.String(), w.header)
			}
		}
		is("at first", x.Ready(), 200, `{"status":"ok"}`)
		is("at first", x.Live(), 200, `{"status":"ok"}`)
		for reason, fault := range map[string]authtest.Fault{
			"maintenance": authtest.Maintenance(503), "rate_limited": authtest.Status(429), "unreachable": authtest.Reset(), "unavailable": authtest.Status(503)} {
			x.sim.Fail(authtest.AnyOperation, -1, fault)
			problem(t, x.request(t, "GET", "ann"), 503)
			is(reason, x.Ready(), 200, `{"status":"degraded","reason":"`+reason+`","until":"`+time.Now().UTC().Format("2006-01-02T"))
			is(reason, x.Live(), 200, `{"status":"ok"}`)
			if got := x.Stats().Outage; got != reason {
				t.Errorf("Stats have the outage %q, want %q", got, reason)
			}
			x.sim.ClearFaults()
			time.Sleep(time.Minute) // fake clock
			token(t, x.request(t, "GET", "ann"))
			is("after "+reason, x.Ready(), 200, `{"status":"ok"}`)
			if got := x.Stats().Outage; got != "" {
				t.Errorf("after %s: Stats have the outage %q", reason, got)
			}
		}
	})
}

// recorder is a ResponseWriter that shows how often it was written to.
type recorder struct {
	bytes.Buffer
	header http.Header
	status int
	writes int
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) { r.status = status }

func (r *recorder) Write(b []byte) (int, error) {
	r.writes++
	return r.Buffer.Write(b)
}

// A response has its length and is written in one piece, so that half of a token is not
// taken for a token.
func TestResponse_OfEveryStatus_IsWrittenInOnePiece(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for _, user := range []string{"ann", ""} {
			w := &recorder{header: http.Header{}}
			x.ServeHTTP(w, request(t, "GET", address, user))
			if w.writes != 1 || w.header.Get("Content-Length") == "" || w.status == 0 {
				t.Errorf("%d writes, %d %v", w.writes, w.status, w.header)
			}
		}
	})
}

func TestSignOutError_SaysHowManyTokensAreAlive(t *testing.T) {
	for alive, want := range map[int]string{1: "1 token is alive for", 2: "2 tokens are alive for"} {
		err := &tokenservice.SignOutError{Alive: alive, Err: authflow.ErrClosed}
		if !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
	}
}
