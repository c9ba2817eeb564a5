package filestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func TestK2_CanceledContext_ChangesNothing(t *testing.T) {
	s, _ := saved(t, folder(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Save(ctx, "name", []byte("other"), time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("Save: %v", err)
	}
	if err := s.Delete(ctx, "name", []byte("value")); !errors.Is(err, context.Canceled) {
		t.Errorf("Delete: %v", err)
	}
	if _, _, err := s.Load(ctx, "name"); !errors.Is(err, context.Canceled) {
		t.Errorf("Load: %v", err)
	}
	if err := s.Swap(ctx, "name", []byte("value"), []byte("other"), time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("Swap: %v", err)
	}
	if err := s.Save(t.Context(), "name", []byte("other"), 0); err == nil {
		t.Error("Save accepts a ttl of zero")
	}
	if err := s.Swap(t.Context(), "name", []byte("value"), []byte("other"), 0); err == nil {
		t.Error("Swap accepts a ttl of zero")
	}
	if _, ok := found(t, s); !ok {
		t.Error("gone")
	}
}

// While another process changes files, no caller of this one changes any, and each
// waits until its own context ends: the caller that waits for the other process, and
// those that wait behind it.
func TestK3_OtherProcessChangesFiles_CallersWait(t *testing.T) {
	dir := folder(t)
	s, _ := saved(t, dir)
	other := flock.New(filepath.Join(dir, "tsauth.changes"))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	before, cancel := context.WithCancel(t.Context())
	waited := make(chan error, 1)
	go func() { waited <- s.Delete(before, "name", []byte("value")) }()
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := s.Save(ctx, "name", []byte("other"), time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Save: %v", err)
		}
		if err := s.Swap(ctx, "name", []byte("value"), []byte("other"), time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Swap: %v", err)
		}
		if err := s.Delete(ctx, "name", []byte("value")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Delete: %v", err)
		}
		cancel()
	}
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("Delete: %v", err)
	}
	if _, ok := found(t, s); !ok {
		t.Error("gone")
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "name", []byte("value")); err != nil {
		t.Error(err)
	}
}

// unlock removes the file of the lock while other callers are about to take it.
func TestK1_LockTakenOften_OneHolderAtATime(t *testing.T) {
	dir := folder(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var inside atomic.Int32
	var times, twice atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		s := open(t, dir)
		all.Go(func() {
			for times.Load() < 20_000 && ctx.Err() == nil {
				soon, cancel := context.WithTimeout(ctx, 50*time.Microsecond) // to try often
				unlock, err := s.Lock(soon, "name", time.Minute)
				cancel()
				if err != nil {
					continue
				}
				if inside.Add(1) != 1 {
					twice.Add(1)
				}
				times.Add(1)
				_, _, _ = s.Load(ctx, "name") // takes a while
				inside.Add(-1)
				unlock()
			}
		})
	}
	all.Wait()
	if times.Load() < 100 || twice.Load() > 0 {
		t.Errorf("taken %d times, %d of them while it was held", times.Load(), twice.Load())
	}
}

// A file that is removed between opening and locking it is no reason to fail.
func TestK1_LockHandedOver_NoCallerFails(t *testing.T) {
	dir := folder(t)
	var all sync.WaitGroup
	for range 8 {
		s := open(t, dir)
		all.Go(func() {
			for range 100 {
				unlock, err := s.Lock(t.Context(), "name", time.Minute)
				if err != nil {
					t.Errorf("Lock: %v", err)
					return
				}
				unlock()
			}
		})
	}
	all.Wait()
}

// Somebody removes the file of a lock, and another caller takes the lock. The unlock
// of the first holder does not release it.
func TestK1_LockFileRemoved_UnlockLeavesNextHolder(t *testing.T) {
	dir := folder(t)
	s := open(t, dir)
	lock := func() (unlock func()) {
		t.Helper()
		unlock, err := s.Lock(t.Context(), "name", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return unlock
	}
	for range 2 {
		first := lock()
		files, err := filepath.Glob(filepath.Join(dir, "*.lock"))
		if err != nil || len(files) != 1 {
			t.Fatalf("lock files: %v, %v", files, err)
		}
		if err := os.Remove(files[0]); err != nil {
			t.Skipf("this system does not remove open files: %v", err)
		}
		second := lock()
		first()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := s.Lock(ctx, "name", time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Lock while another holds it: %v", err)
		}
		cancel()
		second()
	}
}
