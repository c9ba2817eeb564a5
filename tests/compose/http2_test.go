package compose

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// overHTTP2 is a simulator on a real TLS connection with HTTP/2, which counts
// the connections that are made.
func overHTTP2(t *testing.T) (*authtest.Simulator, *httptest.Server, *atomic.Int32) {
	sim, conns := authtest.New(), new(atomic.Int32)
	server := httptest.NewUnstartedServer(sim)
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return sim, server, conns
}

// A request that met a revoked token is sent again, with its body, over the
// same connection.
func TestP1_HTTP2_SendsAgainAfterARevocation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	sim, server, conns := overHTTP2(t)
	flow := flowOn(t, server.URL, server.Client().Transport, authtest.DefaultSecretKey)
	large := strings.Repeat("x", 200<<10) // more than a window of flow control
	for name, c := range map[string]struct {
		method string
		body   func() io.Reader
		want   []int // statuses before a revocation and after it
		echo   string
	}{
		"GET":                {http.MethodGet, func() io.Reader { return nil }, []int{200, 200}, ""},
		"POST":               {http.MethodPost, func() io.Reader { return strings.NewReader(`{"a":1}`) }, []int{200, 200}, `{"a":1}`},
		"POST of much":       {http.MethodPost, func() io.Reader { return strings.NewReader(large) }, []int{200, 200}, large[:64<<10]},
		"POST of a stream":   {http.MethodPost, func() io.Reader { return io.MultiReader(strings.NewReader(`{"a":1}`)) }, []int{200, 401, 200}, `{"a":1}`},
		"DELETE with a body": {http.MethodDelete, func() io.Reader { return strings.NewReader(`[]`) }, []int{200, 200}, `[]`},
	} {
		for n, want := range c.want {
			req, err := http.NewRequestWithContext(ctx, c.method, server.URL+search, c.body())
			if err != nil {
				t.Fatal(err)
			}
			resp, err := flow.Do(req)
			if err != nil {
				t.Fatalf("%s, request %d: %v", name, n+1, err)
			}
			var echo authtest.EchoAnswer
			err = json.NewDecoder(resp.Body).Decode(&echo)
			_ = resp.Body.Close()
			if err != nil || resp.ProtoMajor != 2 || resp.StatusCode != want || want == 200 && echo.Body != c.echo {
				t.Errorf("%s, request %d: %s %s, %d bytes arrived, %v", name, n+1, resp.Proto, resp.Status, len(echo.Body), err)
			}
			if n == 0 {
				sim.RevokeAll()
			}
		}
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// Fifty streams of one connection that meet a revoked token cost one renewal.
func TestP4_HTTP2_ManyStreamsCostOneRenewal(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	sim, server, conns := overHTTP2(t)
	flow := flowOn(t, server.URL, server.Client().Transport, authtest.DefaultSecretKey)
	if status, err := get(t, flow, server.URL+search); status != 200 || err != nil {
		t.Fatal(status, err)
	}
	sim.RevokeAll()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+search, strings.NewReader(`{"a":1}`))
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := flow.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err = io.Copy(io.Discard, resp.Body); err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
				t.Error(resp.Proto, resp.Status, err)
			}
		})
	}
	all.Wait()
	if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 || conns.Load() != 1 {
		t.Errorf("%d tokens, %d connections", n, conns.Load())
	}
}
