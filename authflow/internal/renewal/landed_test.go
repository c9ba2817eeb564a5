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

func TestLandedIsToldOnceOfEachFlightThatSomebodyWants(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		var told []string
		name := func(l *Lease[int32]) string {
			if l == nil {
				return "none"
			}
			return fmt.Sprint(l.Value)
		}
		s.landed = func(ctx context.Context, old, new *Lease[int32], err error) {
			now, _ := k.Peek()
			began, _ := ctx.Value(k).(time.Time)
			told = append(told, fmt.Sprintf("brought %s, %s before, %s now, after %v: %v", name(new), name(old), name(now), time.Since(began), err))
		}
		s.then = func(_ context.Context, n int32, abandon func(error)) (*Lease[int32], error) {
			if n > 4 {
				abandon(errDown)
				time.Sleep(time.Second) // fake clock
			}
			return NewLease(n, time.Now(), time.Minute, 0, .75), nil
		}
		first, _ := k.Get(t.Context(), true)
		second, _ := k.Next(t.Context(), first, false)
		want(t, "an extra one", 3, nil)(k.Extra(t.Context()))
		leaves, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		want(t, "an extra one, whose caller leaves", 0, context.DeadlineExceeded)(k.Extra(leaves))
		time.Sleep(2 * time.Second) // fake clock
		want(t, "one that is abandoned", 0, errDown)(k.Next(t.Context(), second, true))
		time.Sleep(2 * time.Second) // fake clock
		go func() { _, _ = k.Next(t.Context(), second, true) }()
		synctest.Wait()
		k.Close(errEnd)
		time.Sleep(time.Minute) // fake clock
		if want := []string{
			"brought 1, none before, 1 now, after 1s: <nil>",
			"brought 2, 1 before, 2 now, after 1s: <nil>",
			"brought 3, 2 before, 2 now, after 1s: <nil>",
			"brought none, 2 before, 2 now, after 1s: down",
		}; !slices.Equal(told, want) {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestLandedIsToldBeforeThoseWhoWait(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		s.landed = func(ctx context.Context, _, new *Lease[int32], _ error) {
			time.Sleep(time.Second) // fake clock
			// Others already go by it, and the Keeper may be used.
			want(t, "within Landed", new.Value, nil)(k.Get(ctx, true))
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			within(t, "who waits", 2*time.Second, func() { want(t, "who waits", 1, nil)(k.Get(t.Context(), true)) })
		})
		time.Sleep(1500 * time.Millisecond) // fake clock
		within(t, "who comes later", 0, func() { want(t, "who comes later", 1, nil)(k.Get(t.Context(), true)) })
		wg.Wait()
	})
}

func TestR10APanicOfLandedIsToldToThoseWhoWait(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		s.landed = func(context.Context, *Lease[int32], *Lease[int32], error) { panic("of an observer") }
		for what, call := range map[string]func() (*Lease[int32], error){
			"Get":   func() (*Lease[int32], error) { return k.Get(t.Context(), true) },
			"Extra": func() (*Lease[int32], error) { return k.Extra(t.Context()) },
		} {
			if l, err := call(); err == nil || !strings.Contains(err.Error(), "of an observer") {
				t.Errorf("%s: %v, %v", what, l, err)
			}
		}
		if l, err := k.Get(t.Context(), true); l == nil || err != nil {
			t.Errorf("afterwards: %v, %v, and the flight was good", l, err)
		}
	})
}

func TestCloseIsToldToThoseWhomLandedKeepsWaiting(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		s.landed = func(context.Context, *Lease[int32], *Lease[int32], error) { k.Close(errEnd) }
		want(t, "who waits", 0, errEnd)(k.Get(t.Context(), true))
	})
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		s.landed = func(context.Context, *Lease[int32], *Lease[int32], error) { k.Close(errEnd) }
		want(t, "who waits for an extra one", 0, errEnd)(k.Extra(t.Context()))
	})
}
