package bench

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// pooled is how many users a pool has.
const pooled = 10_000

// BenchmarkPoolGet is the search for a user's client among 10,000, in one goroutine. The
// pool has a bound, and remembers which client was used last. Users of oauth2 write a
// map of token sources with a mutex, which grows for ever.
func BenchmarkPoolGet(b *testing.B) {
	for _, g := range getters(b) {
		b.Run(lib(g.library), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := g.get(i % pooled); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPoolGetParallel is the same in GOMAXPROCS goroutines.
func BenchmarkPoolGetParallel(b *testing.B) {
	for _, g := range getters(b) {
		b.Run(lib(g.library), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if err := g.get(i % pooled); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// getter finds the client of a user.
type getter struct {
	library string
	get     func(user int) error
}

func getters(b *testing.B) []getter {
	b.Helper()
	server := fake.New(24*time.Hour, 0)
	s := setup(b, server, fake.InProcess, &http.Client{Transport: server})
	cluster, err := s.Cluster()
	if err != nil {
		b.Fatal(err)
	}
	flows, err := pool.New(func(_ context.Context, _ int) (*authflow.Flow, error) {
		return cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: s.Username})
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, sources := b.Context(), sourceMap{sources: map[int]oauth2.TokenSource{}}
	all := []getter{
		{peers.Ours, func(user int) error { _, err := flows.Get(ctx, user); return err }},
		{"oauth2", func(user int) error { sources.get(user); return nil }},
	}
	for _, g := range all {
		for user := range pooled {
			if err := g.get(user); err != nil {
				b.Fatal(err)
			}
		}
	}
	return all
}

// sourceMap is what users of oauth2 write.
type sourceMap struct {
	mu      sync.Mutex
	sources map[int]oauth2.TokenSource
}

func (m *sourceMap) get(user int) oauth2.TokenSource {
	m.mu.Lock()
	defer m.mu.Unlock()
	source := m.sources[user]
	if source == nil {
		source = oauth2.ReuseTokenSource(nil, oauth2.StaticTokenSource(&oauth2.Token{}))
		m.sources[user] = source
	}
	return source
}
