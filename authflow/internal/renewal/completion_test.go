package renewal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestR4_Source_IsToldOnceOfEachFlight(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		var told []string
		name := func(l *Lease[int32]) string {
			if l == nil {
				return "none"
			}
			return fmt.Sprint(l.Value)
		}
		s.completed = func(c Completion[int32]) {
			now, _ := k.Peek()
			told = append(told, fmt.Sprintf("new %s, %s before, %s now, after %v: %v", name(c.New), name(c.Old), name(now), time.Since(c.Began), c.Err))
		}
		s.then = func(_ context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			if n == 5 {
				return nil, errDown
			}
			return leaseOf(n, time.Now(), time.Minute), nil
		}
		first, _ := k.GetVerified(t.Context(), time.Now())
		want(t, "its successor", 2, nil)(k.Replace(t.Context(), first))
		want(t, "an exclusive one", 3, nil)(k.Exclusive(t.Context()))
		leaves, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		want(t, "an exclusive one whose caller leaves", 0, context.DeadlineExceeded)(k.Exclusive(leaves))
		time.Sleep(2 * time.Second) // fake clock
		want(t, "one that fails", 0, errDown)(k.Renew(t.Context()))
		time.Sleep(2 * time.Second) // fake clock
		go func() { _, _ = k.Renew(t.Context()) }()
		synctest.Wait()
		k.Close(errEnd)
		time.Sleep(time.Minute) // fake clock
		if want := []string{
			"new 1, none before, 1 now, after 1s: <nil>",
			"new 2, 1 before, 2 now, after 1s: <nil>",
			"new 3, 2 before, 2 now, after 1s: <nil>",
			"new none, 2 before, 2 now, after 1s: down",
		}; !slices.Equal(told, want) {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
		// L4: and of what arrived late.
		s.mu.Lock()
		defer s.mu.Unlock()
		if want := []int32{4, 6}; !slices.Equal(slices.Sorted(slices.Values(s.late)), want) {
			t.Errorf("late: %v, want %v", s.late, want)
		}
		if !k.Issued(4) || !k.Issued(6) {
			t.Error("what arrived late is not recognized when it appears again")
		}
	})
}

func TestR4_Source_IsToldBeforeTheWaiters(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.completed = func(c Completion[int32]) {
			time.Sleep(time.Second) // fake clock
			// It serves others already, and the Keeper may be used.
			want(t, "within Completed", c.New.Value, nil)(k.GetVerified(t.Context(), time.Now()))
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			within(t, "the waiter", 2*time.Second, func() { want(t, "the waiter", 1, nil)(k.GetVerified(t.Context(), time.Now())) })
		})
		time.Sleep(1500 * time.Millisecond) // fake clock
		within(t, "a later caller", 0, func() { want(t, "a later caller", 1, nil)(k.GetVerified(t.Context(), time.Now())) })
		wg.Wait()
	})
}

func TestR10_PanicOfCompleted_IsTheErrorOfTheWaiters(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.completed = func(Completion[int32]) { panic("of an observer") }
		for what, call := range map[string]func() (*Lease[int32], error){
			"Get":       func() (*Lease[int32], error) { return k.GetVerified(t.Context(), time.Now()) },
			"Exclusive": func() (*Lease[int32], error) { return k.Exclusive(t.Context()) },
		} {
			if l, err := call(); err == nil || !strings.Contains(err.Error(), "of an observer") {
				t.Errorf("%s: %v, %v", what, l, err)
			}
		}
		if l, err := k.GetVerified(t.Context(), time.Now()); l == nil || err != nil {
			t.Errorf("afterwards: %v, %v, and the flight was good", l, err)
		}
	})
}

func TestS4_Close_WhileTheSourceIsTold_IsToldToTheWaiters(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.completed = func(Completion[int32]) { k.Close(errEnd) }
		want(t, "the waiter", 0, errEnd)(k.GetVerified(t.Context(), time.Now()))
	})
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.completed = func(Completion[int32]) { k.Close(errEnd) }
		want(t, "the waiter for an exclusive one", 0, errEnd)(k.Exclusive(t.Context()))
	})
}
