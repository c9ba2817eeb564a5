package storetest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

func (s *subject) mustSwap(name string, old, value []byte, ttl time.Duration) {
	s.Helper()
	if err := s.Swap(s.within(s.patience), name, old, value, ttl); err != nil {
		s.Fatalf("Swap: %v", err)
	}
}

// mustNotSwap checks that a Swap says that the value has changed.
func (s *subject) mustNotSwap(name string, old []byte) {
	s.Helper()
	err := s.Swap(s.within(s.patience), name, old, []byte("swapped"), short)
	if !errors.Is(err, authflow.ErrChanged) {
		s.Fatalf("Swap of another value: %v, want ErrChanged", err)
	}
}

func swapSaves(s *subject) {
	name, given := newName(), []byte("first")
	s.mustSwap(name, nil, given, long)
	given[0] = 'F'
	last := []byte("first")
	s.has(name, last)
	for _, value := range [][]byte{{0, 0xff, '\n'}, []byte("text"), bytes.Repeat([]byte{7}, 4096), {}} {
		s.mustSwap(name, last, value, long)
		if left := s.has(name, value); left < long/2 {
			s.Errorf("a swapped value has %v left of %v", left, long)
		}
		last = value
	}
	s.mustSwap(name, nil, []byte("after an empty value"), long)
	s.has(name, []byte("after an empty value"))
	s.mustDelete(name, []byte("after an empty value"))
	s.mustSwap(name, []byte{}, []byte("after a Delete"), long)
	s.has(name, []byte("after a Delete"))
}

func swapOfAnother(s *subject) {
	name, none := newName(), newName()
	s.mustSave(name, []byte("stored"), long)
	for _, old := range [][]byte{[]byte("other"), []byte("store"), []byte("stored "), []byte("STORED"), {}, nil} {
		s.mustNotSwap(name, old)
		if left := s.has(name, []byte("stored")); left < long/2 {
			s.Errorf("kept for only %v after a Swap of another value", left)
		}
	}
	s.mustNotSwap(none, []byte("what is not there"))
	s.hasNot(none)
}

func swapExpires(s *subject) {
	shrinks, grows := newName(), newName()
	s.mustSave(shrinks, []byte("for long"), long)
	s.mustSave(grows, []byte("for short"), 4*short)
	s.mustSwap(shrinks, []byte("for long"), []byte("for short"), short)
	s.mustSwap(grows, []byte("for short"), []byte("for long"), long)
	s.pass(4*short + grain)
	s.has(grows, []byte("for long"))
	s.mustNotSwap(shrinks, []byte("for short"))
	s.hasNot(shrinks)
	s.mustSwap(shrinks, nil, []byte("again"), long)
	s.has(shrinks, []byte("again"))
}

// swapCounts has many count in one value, each with a random text behind the
// number, because no two calls of Swap save the same value.
func swapCounts(s *subject) {
	const counters, each = 8, 5
	name, ctx := newName(), s.within(s.patience)
	add := func() error {
		for {
			stored, _, err := s.Load(ctx, name)
			if err != nil && !errors.Is(err, authflow.ErrNotStored) {
				return fmt.Errorf("Load: %w", err)
			}
			number, _, _ := strings.Cut(string(stored), " ")
			n, _ := strconv.Atoi(number) // 0 at first
			err = s.Swap(ctx, name, stored, fmt.Append(nil, n+1, " ", rand.Text()), long)
			if err == nil {
				return nil
			}
			if !errors.Is(err, authflow.ErrChanged) {
				return fmt.Errorf("Swap: %w", err)
			}
		}
	}
	var all sync.WaitGroup
	for range counters {
		all.Go(func() {
			for range each {
				if err := add(); err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	stored, _, err := s.Load(ctx, name)
	if number, _, _ := strings.Cut(string(stored), " "); number != strconv.Itoa(counters*each) {
		s.Errorf("%d swaps succeeded, but the stored count is %q (%v)", counters*each, number, err)
	}
}

// swapAndSave runs the two against each other until one is likely to have come
// between the comparison and the write of the other. In either order the saved
// value is the last one.
func swapAndSave(s *subject) {
	const rounds = 200
	ctx := s.within(s.patience)
	began := time.Now()
	for i := range rounds {
		if time.Since(began) > time.Second && i > 20 {
			break
		}
		name := newName()
		before, after := []byte("before"), fmt.Append(nil, "after ", i)
		s.mustSave(name, before, long)
		swap := func() error {
			err := s.Swap(ctx, name, before, []byte("swapped"), long)
			if errors.Is(err, authflow.ErrChanged) {
				return nil
			}
			return err
		}
		save := func() error { return s.Save(ctx, name, after, long) }
		s.both(i, swap, save)
		s.has(name, after)
	}
}

// both calls two functions at the same time, in a round of many, and fails if one of
// them does. The scheduler tends to run the same one first, so every second round
// starts them in the other order.
func (s *subject) both(round int, one, other func() error) {
	s.Helper()
	calls := []func() error{one, other}
	if round%2 == 1 {
		slices.Reverse(calls)
	}
	start := make(chan struct{})
	var all sync.WaitGroup
	for _, call := range calls {
		all.Go(func() {
			<-start
			if err := call(); err != nil {
				s.Error(err)
			}
		})
	}
	close(start)
	all.Wait()
}
