package compose

import (
	"net/http"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Below a Flow and above it, the token call is a child span of the request that
// began it.
func TestL5OTelTheMintIsAChildOfTheRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		spans := tracetest.NewSpanRecorder()
		provider := otelhttp.WithTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))
		name := otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.URL.Path })
		below := flowOn(t, sim.URL, otelhttp.NewTransport(sim.Transport(), provider, name), authtest.DefaultSecretKey)
		above := &http.Client{Transport: otelhttp.NewTransport(below.Transport(), provider,
			otelhttp.WithSpanNameFormatter(func(string, *http.Request) string { return "the request" }))}
		if status, err := get(t, above, sim.URL+search); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		byName := map[string]trace.ReadOnlySpan{}
		for _, s := range spans.Ended() {
			byName[s.Name()] = s
		}
		request, mint, sent := byName["the request"], byName["/api/rest/2.0/auth/token/full"], byName[search]
		if request == nil || mint == nil || sent == nil || len(byName) != 3 {
			t.Fatalf("spans %v", byName)
		}
		for _, child := range []trace.ReadOnlySpan{mint, sent} {
			if child.Parent().SpanID() != request.SpanContext().SpanID() {
				t.Errorf("%s is no child of the request", child.Name())
			}
		}
	})
}
