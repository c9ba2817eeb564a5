package replicas

import (
	"net/http"
	"syscall"
	"testing"
	"time"
)

// lockLasts is how long a lock is held at the most.
const lockLasts = 15 * time.Second

// K1: a replica is killed while it holds the lock. The others go on without it,
// at once for other users, and when the lock has ended for that one.
func TestK1AReplicaIsKilledWithTheLock(t *testing.T) {
	t.Parallel()
	f := newFleet(t, settings{replicas: 3, validity: 60, pace: 50, limit: 100})
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

	began := time.Now()
	f.everywhere("/token/bob")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("another user is served after %v", took)
	}
	f.everywhere("/token/ann")
	took := time.Since(began)
	t.Logf("served after %v, with %d tokens for two users, one of them lost", took.Round(100*time.Millisecond), f.mints())
	if took > lockLasts+2*time.Second {
		t.Errorf("the user is served after %v", took)
	}
	if took < 5*time.Second {
		t.Errorf("nobody waited for the lock: served after %v", took)
	}
	if n := f.mints(); n != 3 {
		t.Errorf("%d tokens for two users, one of them lost", n)
	}
}
