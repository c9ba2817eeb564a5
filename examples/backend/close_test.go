package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
)

// Ann presses the button and closes the page at once.
func TestU2_SignOutWhosePageIsClosed_EndsSessionAndTokens(t *testing.T) {
	sim := authtest.New()
	app := application{host: sim.URL, plain: true, db: open(t)}
	err := app.connect(authtest.DefaultSecretKey, prometheus.New(), authflow.WithHTTPClient(sim.Client()))
	if err != nil {
		t.Fatal(err)
	}
	routes := app.routes()
	for round := range 2 {
		session, err := app.db.signIn(t.Context(), "ann", "ann's")
		if err != nil {
			t.Fatal(err)
		}
		status := func(ctx context.Context, method, path string) int {
			r := httptest.NewRequestWithContext(ctx, method, path, nil)
			r.AddCookie(&http.Cookie{Name: sessionCookie, Value: session})
			w := httptest.NewRecorder()
			routes.ServeHTTP(w, r)
			return w.Code
		}
		for _, path := range []string{"/ts-token", "/whoami"} {
			if got := status(t.Context(), http.MethodGet, path); got != http.StatusOK {
				t.Fatalf("round %d: %s: %d", round, path, got)
			}
		}
		closed, closePage := context.WithCancel(t.Context())
		closePage()
		status(closed, http.MethodPost, "/sign-out")
		if got := status(t.Context(), http.MethodGet, "/ts-token"); got != http.StatusUnauthorized {
			t.Errorf("round %d: the session is still there: %d", round, got)
		}
		if n := len(sim.Tokens()); n != 0 {
			t.Errorf("round %d: %d tokens are alive", round, n)
		}
	}
	if err := app.tokens.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
