package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

func lockExcludes(s *subject) {
	name := newName()
	unlock := s.mustLock(name, long)
	s.locked(name)
	s.locked(name)
	unlock()
	s.mustLock(name, long)()
}

func lockHandedOver(s *subject) {
	name := newName()
	unlock := s.mustLock(name, long)
	ctx := s.within(s.patience)
	got := make(chan error, 1)
	go func() {
		second, err := s.Lock(ctx, name, long)
		if err == nil {
			defer second()
		}
		got <- err
	}()
	s.pass(grain) // most likely it waits by then
	select {
	case err := <-got:
		s.Errorf("Lock returns while another holds the lock: %v", err)
		return
	default:
	}
	unlock()
	if err := <-got; err != nil {
		s.Errorf("Lock: %v, after the other has unlocked", err)
	}
}

func lockOneAtATime(s *subject) {
	name := newName()
	ctx := s.within(s.patience)
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 3 {
				unlock, err := s.Lock(ctx, name, long)
				if err != nil {
					s.Errorf("Lock: %v", err)
					return
				}
				most.Store(max(most.Load(), inside.Add(1)))
				select {
				case <-time.After(time.Millisecond):
				case <-ctx.Done():
				}
				inside.Add(-1)
				unlock()
			}
		})
	}
	all.Wait()
	if n := most.Load(); n != 1 {
		s.Errorf("%d held the lock at the same time", n)
	}
}

func lockEnds(s *subject) {
	name := newName()
	asked := time.Now()
	_ = s.mustLock(name, 2*short) // its holder dies
	unlock := s.mustLock(name, long)
	if took := time.Since(asked); took < 2*short-grain {
		s.Errorf("a lock for %v was taken from its holder after %v", 2*short, took)
	}
	s.locked(name)
	unlock()
}

func lateUnlock(s *subject) {
	name := newName()
	late := s.mustLock(name, short)
	unlock := s.mustLock(name, long)
	late()
	s.locked(name)
	unlock()
	s.mustLock(name, long)()
}

func secondUnlock(s *subject) {
	name := newName()
	first := s.mustLock(name, long)
	first()
	second := s.mustLock(name, long)
	var all sync.WaitGroup
	for range 4 {
		all.Go(first)
	}
	all.Wait()
	s.locked(name)
	second()
	s.mustLock(name, long)()
}

func gaveUp(s *subject) {
	name := newName()
	unlock := s.mustLock(name, long)
	ctx, cancel := context.WithCancel(s.within(s.patience))
	got := make(chan error, 1)
	go func() {
		_, err := s.Lock(ctx, name, long)
		got <- err
	}()
	s.pass(grain) // most likely it waits by then
	cancel()
	if err := <-got; err == nil {
		s.Error("Lock takes a lock that another holds")
		return
	}
	unlock()
	for range 3 { // as a Store may take the lock late
		s.mustLock(name, long)()
		s.pass(grain)
	}
}

func lockOfOneName(s *subject) {
	name, other := newName(), newName()
	unlock := s.mustLock(name, long)
	s.mustLock(other, long)()
	s.hasNot(name)
	s.mustSave(name, []byte("value"), long)
	s.has(name, []byte("value"))
	s.mustSwap(name, []byte("value"), []byte("swapped"), long)
	s.has(name, []byte("swapped"))
	s.locked(name)
	s.mustDelete(name, []byte("swapped"))
	s.locked(name)
	unlock()
}
