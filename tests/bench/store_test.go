package bench

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/filestore"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkStoreHit is the first token of a new client, taken from a Store that has it:
// a file, sealed, and a map in memory, which shows the costs without those of the disk.
// The other libraries have no store.
func BenchmarkStoreHit(b *testing.B) {
	files, err := filestore.New(filestore.WithDir(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	b.Run(lib(peers.Ours)+"/store=file", storeHit(files))
	b.Run(lib(peers.Ours)+"/store=memory", storeHit(new(storetest.Memory)))
}

func storeHit(store authflow.Store) func(*testing.B) {
	return func(b *testing.B) {
		server := fake.New(24*time.Hour, 0)
		s := setup(b, server, fake.InProcess, &http.Client{Transport: server})
		s.Cluster = peers.Cluster(s.Server, s.HTTP, authflow.WithRateLimit(0, 0), authflow.WithStore(store, bytes.Repeat([]byte{1}, 32)))
		p := peers.Tsauth()
		prime(b, begin(b, p, s), s.Server)
		saved := server.Mints()
		b.ReportAllocs()
		for b.Loop() {
			prime(b, begin(b, p, s), s.Server)
		}
		b.ReportMetric(float64(server.Mints()-saved), "token-calls")
	}
}
