package limiter

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// It is not parallel, because it measures memory.
func TestL1_ThirtyThousandPrincipals_LeaveLittleBehind(t *testing.T) {
	for name, f := range map[string]*outcome.Failure{"served": nil, "failed": unavailable(), "limited": rateLimited(time.Minute)} {
		t.Run(name, func(t *testing.T) {
			l := New(Config{})
			before := heapInUse()
			for i := range 30_000 {
				l.budget.fill(time.Now())
				p, err := l.Acquire(context.Background(), Request{Principal: fmt.Sprint("principal", i), Group: fmt.Sprint(i), Attempt: 3})
				if err != nil {
					t.Fatal(err)
				}
				p.Done(f)
			}
			after := heapInUse()
			if after > before+1_500_000 {
				t.Errorf("%d bytes are left", after-before)
			}
			if n := len(l.principals.byName); n > maxFailing {
				t.Errorf("%d principals are remembered", n)
			}
			checkIdle(t, l)
			runtime.KeepAlive(l)
		})
	}
}

func TestL1_CrowdThatGaveUp_LeavesNothingBehind(t *testing.T) {
	l := New(Config{Rate: 0.001, Burst: 1})
	before := heapInUse()
	l.enter(caller("first")).permit.Done(nil)
	var crowd []*entry
	for i := range 20_000 {
		crowd = append(crowd, l.enter(Request{Principal: fmt.Sprint("principal", i), Group: fmt.Sprint(i), Urgency: Urgency(i % 3)}))
	}
	for _, e := range crowd {
		l.giveUp(e, context.Canceled)
	}
	clear(crowd)
	if after := heapInUse(); after > before+1_500_000 {
		t.Errorf("%d bytes are left", after-before)
	}
	checkIdle(t, l)
	runtime.KeepAlive(l)
}

func TestL1_QueueThatIsEmpty_HasNoTimer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, badFail(unavailable(), fast))
		for i := range 30 {
			w.once(caller(fmt.Sprint("b", i)), time.Minute)
			w.once(caller(fmt.Sprint("g", i)), time.Minute)
		}
		w.end(2 * time.Minute) // checks it
	})
}

func TestStats_SaysWhatWaitsAndWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 0.001, Burst: 2})
		began := time.Now()
		must(t, l, caller("x")).Done(nil)
		must(t, l, caller("x")).Done(unavailable())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start(ctx, l, caller("a"))
		sleep(time.Second)
		start(ctx, l, caller("b"))
		start(ctx, l, Request{Principal: "c", Urgency: Ahead})
		start(ctx, l, Request{Principal: "d", Urgency: Revocation})
		sleep(time.Second)
		s := l.Stats()
		want := [3]Waiting{{2, 2 * time.Second}, {1, time.Second}, {1, time.Second}}
		if s.Waiting != want || s.Failing != 1 || s.Rate != 0.001 || s.Shared {
			t.Errorf("%+v", s)
		}
		if s.Failure != outcome.Overloaded || s.Since != began || s.Budget != fullBudget {
			t.Errorf("%+v", s)
		}
		if s.Outcomes[Caller][outcome.OK] != 1 || s.Outcomes[Caller][outcome.Overloaded] != 1 {
			t.Errorf("%v", s.Outcomes)
		}
	})
}
