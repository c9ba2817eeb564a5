package compose

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

const mintPath = "/api/rest/2.0/auth/token/full"

// traced is a client with otelhttp above a Flow and below it, and what it
// recorded.
type traced struct {
	http.Client
	*tracetest.SpanRecorder
	arrived sync.Map // the trace header that came to the server, by path
}

func newTraced(t *testing.T, sim *authtest.Simulator) *traced {
	tr := &traced{SpanRecorder: tracetest.NewSpanRecorder()}
	opts := []otelhttp.Option{
		otelhttp.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(tr))),
		otelhttp.WithPropagators(propagation.TraceContext{}),
	}
	named := func(prefix string) []otelhttp.Option {
		return append(opts, otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return prefix + r.URL.Path }))
	}
	server := roundTrip(func(r *http.Request) (*http.Response, error) {
		tr.arrived.Store(r.URL.Path, r.Header.Get("Traceparent"))
		return sim.Transport().RoundTrip(r)
	})
	flow := flowOn(t, sim.URL, otelhttp.NewTransport(server, named("")...), authtest.DefaultSecretKey)
	tr.Transport = otelhttp.NewTransport(flow.Transport(), named("above ")...)
	return tr
}

// last returns the span of that name that ended last.
func (tr *traced) last(t *testing.T, name string) trace.ReadOnlySpan {
	t.Helper()
	var found trace.ReadOnlySpan
	for _, s := range tr.Ended() {
		if s.Name() == name {
			found = s
		}
	}
	if found == nil {
		t.Fatalf("no span %s", name)
	}
	return found
}

// The request and the token call that it began are siblings below the caller's span,
// and their headers say so to the server.
func TestR4_OTel_MintIsAChildOfTheRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		tr := newTraced(t, sim)
		if status, err := get(t, tr, sim.URL+search); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		if n := len(tr.Ended()); n != 3 || n != len(tr.Started()) {
			t.Errorf("%d spans of %d have ended", n, len(tr.Started()))
		}
		request := tr.last(t, "above "+search).SpanContext()
		for _, path := range []string{mintPath, search} {
			child := tr.last(t, path)
			if child.Parent().SpanID() != request.SpanID() || child.SpanContext().TraceID() != request.TraceID() {
				t.Errorf("%s is not a child of the request", path)
			}
			if header, _ := tr.arrived.Load(path); !strings.Contains(fmt.Sprint(header), child.SpanContext().SpanID().String()) {
				t.Errorf("%s came to the server as %v", path, header)
			}
		}
	})
}

// A renewal in the background is a child of the request that started it, and so is the
// token call after a revocation.
func TestR4_OTel_RenewalIsAChildOfTheRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		tr := newTraced(t, sim)
		for n, before := range []func(){func() {}, func() { sleep(4 * time.Minute) }, sim.RevokeAll} {
			before()
			if status, err := get(t, tr, sim.URL+search); status != 200 || err != nil {
				t.Fatal(status, err)
			}
			synctest.Wait() // for a renewal that nobody waits for
			if mints := sim.Calls(authtest.OpGetFullAccessToken); mints != n+1 {
				t.Fatalf("%d token calls after request %d", mints, n+1)
			}
			if tr.last(t, mintPath).Parent().SpanID() != tr.last(t, "above "+search).SpanContext().SpanID() {
				t.Errorf("token call %d is not a child of its request", n+1)
			}
		}
	})
}

// No span shows a secret, not even after a failure.
func TestX3_OTel_SpansShowNoSecret(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var token string
		tr := newTraced(t, sim)
		sim.Fail(authtest.Echo, 2, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				w.WriteHeader(http.StatusUnauthorized)
			})
		})
		if status, err := get(t, tr, sim.URL+search); status != 401 || err != nil || token == "" {
			t.Fatal(status, err)
		}
		sim.Fail(authtest.AnyOperation, -1, authtest.Reset())
		sim.RevokeAll()
		if status, err := get(t, tr, sim.URL+search); err == nil {
			t.Fatal(status)
		}
		for _, s := range tracetest.SpanStubsFromReadOnlySpans(tr.Ended()) {
			shown := s.Name + s.Status.Description
			for _, a := range s.Attributes {
				shown += " " + a.Value.String()
			}
			for _, e := range s.Events {
				for _, a := range e.Attributes {
					shown += " " + a.Value.String()
				}
			}
			if strings.Contains(shown, token) || strings.Contains(shown, authtest.DefaultSecretKey) {
				t.Errorf("%s shows a secret: %s", s.Name, shown)
			}
		}
	})
}
