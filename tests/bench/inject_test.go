package bench

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// limit is the least that any renewing client can do: load a pointer, look at
// the clock, set the header.
type limit struct {
	current atomic.Pointer[leaf]
}

type leaf struct {
	header  []string
	expires time.Time
}

func newLimit(token string) *limit {
	l := &limit{}
	l.current.Store(&leaf{[]string{"Bearer " + token}, time.Now().Add(24 * time.Hour)})
	return l
}

func (l *limit) authorize(req *http.Request) error {
	now := l.current.Load()
	if !time.Now().Before(now.expires) {
		return http.ErrAbortHandler
	}
	req.Header["Authorization"] = now.header
	return nil
}

// injectors returns each library's way to authorise a request, on a live
// token, and the limit's.
func injectors(b *testing.B) (names []string, authorizers []func(*http.Request) func() error, url string) {
	b.Helper()
	server := fake.New(24*time.Hour, 0)
	s := setup(b, server, fake.InProcess, &http.Client{Transport: fake.NoOp{Server: server}})
	l := newLimit(s.Issued)
	names = append(names, "limit")
	authorizers = append(authorizers, func(req *http.Request) func() error {
		return func() error { return l.authorize(req) }
	})
	for _, p := range append(peers.Renewing(), peers.Static()) {
		c := begin(b, p, s)
		prime(b, c, s.Server)
		names = append(names, p.Name)
		authorizers = append(authorizers, c.Authorize)
	}
	return names, authorizers, s.Server
}

// BenchmarkInject is the cost of authorising one request on a live token, in
// one goroutine. Each request is new to the library: the headers of the last
// ones are removed while the clock stands still.
func BenchmarkInject(b *testing.B) {
	const batch = 256 // few enough for the processor's cache
	names, authorizers, url := injectors(b)
	for i, name := range names {
		b.Run(lib(name), func(b *testing.B) {
			b.ReportAllocs()
			requests, authorize := make([]*http.Request, batch), make([]func() error, batch)
			for j := range batch {
				requests[j] = request(b.Context(), url)
				authorize[j] = authorizers[i](requests[j])
			}
			for n := 0; b.Loop(); n++ {
				if n%batch == 0 {
					b.StopTimer()
					for _, req := range requests {
						delete(req.Header, "Authorization")
					}
					b.StartTimer()
				}
				if err := authorize[n%batch](); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInjectParallel is the same in GOMAXPROCS goroutines. Removing the
// header is part of the time of all here, the limit's too.
func BenchmarkInjectParallel(b *testing.B) {
	names, authorizers, url := injectors(b)
	for i, name := range names {
		b.Run(lib(name), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				req := request(b.Context(), url)
				authorize := authorizers[i](req)
				for pb.Next() {
					delete(req.Header, "Authorization")
					if err := authorize(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
