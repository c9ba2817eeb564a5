package authflow

import (
	"testing"
	"time"
)

func TestI1ALiveLeaseIsInjectedWithoutLockOrAllocation(t *testing.T) {
	f := liveFlow(t)
	req := request(t)
	edit := func() {
		delete(req.Header, "Authorization")
		if err := f.Edit(t.Context(), req); err != nil {
			t.Error(err)
		}
	}
	if n := testing.AllocsPerRun(100, edit); n != 0 {
		t.Errorf("%v allocations", n)
	}

	f.keeper.mu.Lock() // whoever takes the lock now waits for ever
	defer f.keeper.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		edit()
		f.keeper.current.Load().due.Store(never) // due, and claimed by another
		edit()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Edit waits for the lock")
	}
	if got := req.Header.Get("Authorization"); got != f.keeper.current.Load().header[0] {
		t.Error("the header is not set")
	}
}
