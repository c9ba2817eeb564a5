package replicas

import (
	"net/http"
	"syscall"
	"testing"
	"time"
)

// K1, K2: a replica is killed while it holds the lock of a user. The others wait
// for that lock for less than 2 s, and then do without it.
func TestK2_ReplicaKilledWithTheLock_DelaysNoOther(t *testing.T) {
	t.Parallel()
	f := newFleet(t, settings{replicas: 3, validity: 60, rate: 50, serverRate: 100})
	f.tell(http.MethodPost, "/faults", map[string]any{"operation": mintCall, "calls": 1, "fault": map[string]any{"kind": "pass", "delay_seconds": 30}}, nil)
	held := make(chan error, 1)
	go func() {
		_, err := f.get(0, "/token/ann")
		held <- err
	}()
	f.tell(http.MethodPost, "/calls/wait", map[string]any{"operation": mintCall, "calls": 1}, nil)
	f.replicas[0].signal(t, syscall.SIGKILL)
	if err := <-held; err == nil {
		t.Fatal("it was not killed in time")
	}
	f.replicas = f.replicas[1:]

	f.client.Timeout = 10 * time.Second // less than a lock that nobody gives back could last
	f.everywhere("/token/bob")
	f.everywhere("/token/ann")
	// One for bob, the one of ann that was lost with its replica, and then one of
	// ann at each replica at most.
	if n := f.mints(); n < 3 || n > 4 {
		t.Errorf("%d tokens for two users, one of them lost", n)
	}
	f.shares(40 * time.Second)
}
