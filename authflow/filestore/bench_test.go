package filestore_test

import (
	"net/http"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// stores are what a Cluster may have.
func stores(b testing.TB) map[string][]authflow.Option {
	key := make([]byte, 32)
	return map[string][]authflow.Option{
		"none":   nil,
		"memory": {authflow.WithStore(new(storetest.Memory), key)},
		"file":   {authflow.WithStore(open(b, folder(b)), key)},
	}
}

// flowOn returns a Flow on a Cluster of its own, at a server that takes no time.
func flowOn(b testing.TB, sim *authtest.Simulator, opts []authflow.Option) *authflow.Flow {
	c, err := authflow.New(sim.URL, append([]authflow.Option{
		authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(1e6, 1000),
	}, opts...)...)
	if err != nil {
		b.Fatal(err)
	}
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		b.Fatal(err)
	}
	return f
}

// BenchmarkEdit is the live path: a Store must not cost anything there.
func BenchmarkEdit(b *testing.B) {
	for name, opts := range stores(b) {
		b.Run(name, func(b *testing.B) {
			f := flowOn(b, authtest.New(), opts)
			if _, err := f.Token(b.Context()); err != nil {
				b.Fatal(err)
			}
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, f.Server()+"/api/rest/2.0/auth/session/user", nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				delete(req.Header, "Authorization")
				if err := f.Edit(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAcquire is a call for a token: one that the server issues, and
// that is kept, and one that another process has kept.
func BenchmarkAcquire(b *testing.B) {
	for name, opts := range stores(b) {
		b.Run("minted/"+name, func(b *testing.B) {
			f := flowOn(b, authtest.New(), opts)
			b.ReportAllocs()
			for b.Loop() {
				if err := f.Renew(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		if opts == nil {
			continue
		}
		b.Run("found/"+name, func(b *testing.B) {
			sim, opts := authtest.New(), stores(b)[name] // one that is empty
			b.ReportAllocs()
			for b.Loop() {
				if _, err := flowOn(b, sim, opts).Token(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
				b.Errorf("%d mints", n)
			}
		})
	}
}
