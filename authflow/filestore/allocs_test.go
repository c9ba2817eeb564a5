//go:build !race

package filestore_test

import (
	"runtime"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// A Flow on a new Cluster finds the token that another one has saved. The Cluster is
// part of the count. The race detector, which drops some of what a sync.Pool holds,
// would let the count vary.
func TestK1_TokenThatTheStoreHas_AllocatesLittle(t *testing.T) {
	most := map[string]float64{"memory": 177, "file": 211}
	if runtime.GOOS != "linux" {
		delete(most, "file") // other systems have other calls for files
	}
	sim, all := authtest.New(), stores(t)
	for name, bound := range most {
		find := func() {
			if _, err := flowOn(t, sim, all[name]).Token(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		find()
		before := sim.Calls(authtest.OpGetFullAccessToken)
		if n := testing.AllocsPerRun(100, find); n > bound {
			t.Errorf("%s: %v allocations", name, n)
		}
		if more := sim.Calls(authtest.OpGetFullAccessToken) - before; more > 0 {
			t.Errorf("%s: %d calls for tokens that the Store has", name, more)
		}
	}
}
