//go:build unix

package redisstore_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
	"github.com/go-thoughtspot/tsauth/gen"
)

// BenchmarkStore measures each operation on a server of the same machine, one after
// the other.
func BenchmarkStore(b *testing.B) {
	s := storeOn(b, serverOf(b).client())
	sealed := bytes.Repeat([]byte{0xa5}, 600)
	for op, do := range map[string]func(context.Context) error{
		"load":   func(ctx context.Context) error { _, _, err := s.Load(ctx, name); return err },
		"save":   func(ctx context.Context) error { return s.Save(ctx, name, sealed, time.Hour) },
		"delete": func(ctx context.Context) error { return s.Delete(ctx, name, nil) },
		"lock": func(ctx context.Context) error {
			unlock, err := s.Lock(ctx, name, time.Minute)
			if err == nil {
				unlock()
			}
			return err
		},
		"reserve": func(ctx context.Context) error { _, err := s.Reserve(ctx, name, 1, 1e6, 1); return err },
	} {
		b.Run(op, func(b *testing.B) {
			if err := s.Save(b.Context(), name, sealed, time.Hour); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := do(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAcquire measures a first token in process: without a store, with an empty
// store, and with a store that has the token.
func BenchmarkAcquire(b *testing.B) {
	sim := authtest.New()
	client := serverOf(b).client()
	for way, c := range map[string]struct{ store, kept bool }{"no store": {}, "minted": {store: true}, "kept": {true, true}} {
		b.Run(way, func(b *testing.B) {
			var s *redisstore.Store
			opts := []authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: sim.Transport()}), authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(0, 0)}
			if c.store {
				s = storeOn(b, client)
				opts = append(opts, authflow.WithStore(s, bytes.Repeat([]byte{1}, 32)))
			}
			cluster, err := authflow.New(sim.URL, opts...)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if !c.kept {
					b.StopTimer()
					if err := client.FlushAll(b.Context()).Err(); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
				flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := flow.Token(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMemory measures how much memory of the server a principal takes.
func BenchmarkMemory(b *testing.B) {
	client := serverOf(b).client()
	s := storeOn(b, client)
	sealed := bytes.Repeat([]byte{0xa5}, 600)
	for b.Loop() {
		if err := s.Save(b.Context(), name, sealed, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	key := "tsauth:{" + name + "}:token"
	used, err := client.MemoryUsage(b.Context(), key).Result()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(used), "B/principal")
}
