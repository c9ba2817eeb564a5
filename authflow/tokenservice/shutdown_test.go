package tokenservice_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

func status(t *testing.T, h http.Handler) int {
	t.Helper()
	return call(h, request(t, "GET", "/", "")).status
}

func TestShutdown_DuringRequests_WaitsForThemAndSignsNobodyOut(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		before := token(t, x.request(t, "GET", "ann"))
		release := x.sim.Block(authtest.OpGetFullAccessToken)
		var wg sync.WaitGroup
		var during string
		wg.Go(func() { during = token(t, x.request(t, "GET", "ann")) })
		synctest.Wait()
		done := make(chan error, 2)
		for range 2 { // the second call waits as well
			go func() { done <- x.Shutdown(t.Context()) }()
		}
		synctest.Wait()
		if len(done) != 0 || status(t, x.Ready()) != 503 || status(t, x.Live()) != 200 || !x.Stats().Draining {
			t.Errorf("%d calls have returned, ready %d, live %d, %+v", len(done), status(t, x.Ready()), status(t, x.Live()), x.Stats())
		}
		for _, method := range []string{"GET", "HEAD", "DELETE"} {
			resp := x.request(t, method, "ann")
			if resp.status != 503 || x.last(t).Outcome != tokenservice.ShuttingDown {
				t.Errorf("%s: %d", method, resp.status)
			}
			retryAfter(t, resp)
		}
		release()
		wg.Wait()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
		if !x.alive(t, before) || !x.alive(t, during) || x.sim.Calls(authtest.OpRevokeToken) != 0 {
			t.Error("Shutdown revoked tokens")
		}
		if status(t, x.Live()) != 503 || status(t, x.Ready()) != 503 {
			t.Error("it is live or ready after Shutdown")
		}
		if resp := x.request(t, "GET", "ann"); resp.status != 503 {
			t.Errorf("a request after Shutdown: %d", resp.status)
		}
	})
}

// slow is a client that does not read the response until read is closed.
type slow struct {
	http.ResponseWriter
	read chan struct{}
}

func (s slow) Write(b []byte) (int, error) {
	<-s.read
	return s.ResponseWriter.Write(b)
}

func TestShutdown_WithASlowClient_WaitsUntilTheResponseIsWritten(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		w, read := httptest.NewRecorder(), make(chan struct{})
		go x.ServeHTTP(slow{w, read}, request(t, "GET", address, "ann"))
		done := make(chan error, 1)
		synctest.Wait()
		go func() { done <- x.Shutdown(t.Context()) }()
		synctest.Wait()
		if len(done) != 0 {
			t.Error("Shutdown has returned before the response was written")
		}
		close(read)
		if err := <-done; err != nil || w.Body.Len() == 0 {
			t.Errorf("%v, %d bytes", err, w.Body.Len())
		}
	})
}

func TestShutdown_WhoseContextEnds_ReturnsItsCause(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		release := x.sim.Block(authtest.OpGetFullAccessToken)
		var wg sync.WaitGroup
		wg.Go(func() { token(t, x.request(t, "GET", "ann")) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := x.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if status(t, x.Live()) != 503 || status(t, x.Ready()) != 503 {
			t.Error("it is live or ready after a Shutdown that ran out of time")
		}
		release()
		wg.Wait() // the request in progress is still served
		if err := x.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The operator can still end tokens.
func TestForget_AfterShutdown_EndsTokens(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		tok := token(t, x.request(t, "GET", "ann"))
		if err := errors.Join(x.Shutdown(t.Context()), x.Forget(t.Context(), "ann")); err != nil || x.alive(t, tok) {
			t.Errorf("%v, alive %v", err, x.alive(t, tok))
		}
	})
}
