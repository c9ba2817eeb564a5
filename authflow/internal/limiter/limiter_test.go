package limiter

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR9_TenThousandCallers_AreServedAtTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, func(*world, string) (*outcome.Failure, time.Duration) { return nil, fast })
		for i := range 10_000 {
			w.once(caller(fmt.Sprint("u", i)), time.Hour)
		}
		results, calls := w.end(10 * time.Minute)
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
