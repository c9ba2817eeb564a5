package replicas

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// R6, K1: another secret key reaches the replicas one after the other, by the
// file, and the server: no request fails, and few additional tokens are requested.
func TestK1_NewSecretKey_CostsNoRequest(t *testing.T) {
	t.Parallel()
	f := newFleet(t, settings{replicas: 3, validity: 12, rate: 50, serverRate: 100})
	const users, lasts = 20, 12 * time.Second
	l := f.work(users, time.Second, "/call")
	pass(t, lasts)
	before := f.mints()
	f.tell(http.MethodPut, "/secret-key", map[string]any{"key": "another-key-of-the-cluster"}, nil)
	f.writeSecret("another-key-of-the-cluster")
	pass(t, lasts)
	mints := f.mints() - before
	l.end()
	model := f.model(users, time.Second)
	want := model.Steady().Mints*lasts.Seconds() + model.Rotation().Mints
	t.Logf("%d tokens in the life after it, %.0f by the model", mints, want)
	if float64(mints) > 1.5*want {
		t.Errorf("%d tokens, by the model %.0f", mints, want)
	}
}

// K4: the key of the store is changed by restarting one replica after the other:
// first each learns the new one beside the old one, then all forget that.
func TestK4_NewKeyOfTheStore_CostsNoRequest(t *testing.T) {
	t.Parallel()
	f := newFleet(t, settings{replicas: 3, validity: 60, rate: 50, serverRate: 100})
	const users = 20
	l := f.work(users, time.Second/2, "/call")
	pass(t, 5*time.Second)
	for _, keys := range []string{
		storeKey(1) + "," + storeKey(2), // all can read what is to come
		storeKey(2) + "," + storeKey(1),
	} {
		for n := range f.replicas {
			l.away.Store(int64(n + 1))
			pass(t, time.Second) // those on their way arrive
			f.replicas[n].end()
			*f.replicas[n] = *f.startReplica(n, keys)
			l.away.Store(0)
		}
	}
	pass(t, 2*time.Second)
	l.end()
	mints := f.mints()
	t.Logf("%d tokens for %d users", mints, users)
	if mints > users*5/4 {
		t.Errorf("%d tokens for %d users", mints, users)
	}
}

// K3: all tokens are revoked on the server: each user costs one token, and no
// request fails.
func TestK3_Revocation_CostsOneTokenForTheFleet(t *testing.T) {
	t.Parallel()
	f := newFleet(t, settings{replicas: 3, validity: 300, rate: 50, serverRate: 1000})
	const users = 20
	all := func() {
		var wg sync.WaitGroup
		for u := range users {
			wg.Go(func() { f.everywhere(fmt.Sprintf("/call/user-%d", u)) })
		}
		wg.Wait()
	}
	all()
	before := f.mints()
	f.tell(http.MethodDelete, "/tokens", nil, nil)
	began := time.Now()
	all()
	took, mints := time.Since(began), f.mints()-before
	t.Logf("%d users at three replicas have %d new tokens after %v; %d requests were sent again", users, mints, took.Round(time.Millisecond), f.stats()["replayed"])
	if before != users || mints != users {
		t.Errorf("%d tokens, and %d after they were revoked, for %d users", before, mints, users)
	}
	if replayed := f.stats()["replayed"]; replayed < 3*users {
		t.Errorf("%d requests were sent again, of %d that met a revoked token", replayed, 3*users)
	}
}
