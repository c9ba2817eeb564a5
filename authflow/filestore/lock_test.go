package filestore_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func TestK2ChangesWaitNoLongerThanTheirContext(t *testing.T) {
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
	if err := s.Save(t.Context(), "name", []byte("other"), 0); err == nil {
		t.Error("Save takes a ttl of nothing")
	}
	if _, ok := found(t, s); !ok {
		t.Error("gone")
	}
}

// While another process changes files, nobody else does, and nobody waits longer
// than told: neither who waits for it, nor who waits behind.
func TestK3OneProcessAtATimeChangesFiles(t *testing.T) {
	dir := folder(t)
	s, _ := saved(t, dir)
	other := flock.New(filepath.Join(dir, "changes"))
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

// The file of a lock is removed with it, while others are about to take it.
func TestK1ALockLetsInOneHoweverOftenItIsTaken(t *testing.T) {
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
