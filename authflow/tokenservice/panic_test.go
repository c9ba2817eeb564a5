package tokenservice_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// panickingHandler is a handler for a logger that panics.
type panickingHandler struct{ slog.Handler }

func (panickingHandler) Handle(context.Context, slog.Record) error { panic("boom") }

// The observer and the logger are called after the response was written, but perhaps
// before it was sent.
func TestR10_ObserverOrLoggerThatPanics_CostsNoToken(t *testing.T) {
	var log strings.Builder
	observer := tokenservice.WithObserver(func(tokenservice.Event) { panic("boom") })
	for name, opts := range map[string][]tokenservice.Option{
		"observer": {observer, tokenservice.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))},
		"logger":   {tokenservice.WithLogger(slog.New(panickingHandler{slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug})}))},
		"both":     {observer, tokenservice.WithLogger(slog.New(panickingHandler{slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug})}))},
	} {
		t.Run(name, func(t *testing.T) {
			sim := authtest.New(authtest.WithUser("ann", "pw"))
			cluster, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(sim.Client()))
			if err != nil {
				t.Fatal(err)
			}
			s, err := tokenservice.New(cluster, byCookie, opts...)
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(s)
			defer server.Close()
			for range 2 {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.AddCookie(&http.Cookie{Name: "user", Value: "ann"})
				resp, err := server.Client().Do(r)
				if err != nil {
					t.Fatalf("the browser gets no response: %v", err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || resp.StatusCode != http.StatusOK || len(body) == 0 {
					t.Errorf("%v, status %d, %d bytes", err, resp.StatusCode, len(body))
				}
			}
			if err := s.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	if !strings.Contains(log.String(), "WithObserver panicked") || !strings.Contains(log.String(), "boom") {
		t.Errorf("the log does not say what panicked: %s", log.String())
	}
}

// The person who reads the log has to find the line of the fault.
func TestR10_AuthenticateThatPanics_IsLoggedWithItsStack(t *testing.T) {
	in(t, func(r *http.Request) (tokenservice.Request, error) {
		names := strings.Fields(r.Header.Get("X-Names")) // none
		return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: names[0]}), nil
	}, func(t *testing.T, x *rig) {
		for range 2 {
			problem(t, x.request(t, "GET", ""), 500)
			if err := x.last(t).Err; err == nil || !strings.Contains(err.Error(), "panic_test.go") {
				t.Errorf("%v", err)
			}
		}
	})
}
