package limiter

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR9_TenThousandCallers_AreServedAtTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, func(*world, string) (*outcome.Failure, time.Duration) { return nil, 50 * time.Millisecond })
		for i := range 10_000 {
			go func() { w.results <- w.fly(caller(fmt.Sprint("u", i)), time.Hour) }()
		}
		sleep(10 * time.Minute)
		results, calls := w.end()
		if len(results) != 10_000 || len(calls) != 10_000 {
			t.Fatalf("%d results, %d calls", len(results), len(calls))
		}
		for _, r := range results {
			if r.err != nil || r.took > 201*time.Second {
				t.Fatalf("%+v", r)
			}
		}
	})
}
