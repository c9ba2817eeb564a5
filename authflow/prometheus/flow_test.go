package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

func TestEvents_AreCountedByKindAndClass(t *testing.T) {
	inBubble(t, func(r *rig) {
		ann := r.flow("ann")
		for round := range 2 {
			n := round + 1
			r.sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(3*time.Second))
			r.renew(ann)
			r.sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Status(http.StatusTooManyRequests))
			if err := ann.Renew(r.t.Context()); err == nil {
				t.Fatal("no error from a server that responds with 429")
			}
			time.Sleep(time.Hour) // fake clock: the next token replaces none
			r.has("after a success and a failure", fmt.Sprintf(`flow_events_total{kind="acquired"} %d`, n),
				`flow_events_total{kind="renewed"} 0`, fmt.Sprintf(`flow_events_total{kind="renewal_failed"} %d`, n),
				fmt.Sprintf(`flow_failures_total{class="rateLimited"} %d`, n), `flow_failures_total{class="overloaded"} 0`,
				fmt.Sprintf(`flow_acquisition_seconds_count{result="ok"} %d`, n), fmt.Sprintf(`flow_acquisition_seconds_sum{result="ok"} %d`, 3*n),
				`flow_acquisition_seconds_bucket{result="ok",le="2.5"} 0`, fmt.Sprintf(`flow_acquisition_seconds_bucket{result="ok",le="5"} %d`, n),
				fmt.Sprintf(`flow_acquisition_seconds_count{result="failed"} %d`, n))
		}
		r.renew(ann)
		r.renew(ann)
		r.has("after a renewal", `flow_events_total{kind="renewed"} 1`, `flow_acquisition_seconds_count{result="ok"} 4`)
	}, authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
}

// classified is an error of a user's function that names a class of its own.
type classified struct{ class string }

func (c classified) Error() string { return "failed for ann" }
func (c classified) Class() string { return c.class }

// Whatever an event says, a label has one of a fixed set of values.
func TestUnknownKindsAndClasses_CountAsOther(t *testing.T) {
	inBubble(t, func(r *rig) {
		series := testutil.CollectAndCount(r.metrics)
		for i, err := range []error{nil, errors.New("for ann"), classified{"ann"}, classified{"ok"}, classified{"rejected"}, &authflow.Error{Err: classified{"ok"}},
			&authflow.Error{Err: classified{"ann"}}} {
			r.metrics.Observe(authflow.Event{Kind: authflow.RenewalFailed, Err: err})
			r.has(fmt.Sprint(err), fmt.Sprintf(`flow_failures_total{class="other"} %d`, i+1))
		}
		r.metrics.Observe(authflow.Event{Kind: authflow.RenewalFailed, Err: &authflow.Error{Err: classified{"rejected"}}})
		r.has("an error of the Flow", `flow_failures_total{class="rejected"} 1`, `flow_failures_total{class="other"} 7`)
		for i, kind := range []authflow.EventKind{"", "ann", "a kind of a later version", "\xff"} {
			r.metrics.Observe(authflow.Event{Kind: kind})
			r.has(string(kind), fmt.Sprintf(`flow_events_total{kind="other"} %d`, i+1))
		}
		if now := testutil.CollectAndCount(r.metrics); now != series {
			t.Errorf("%d series have become %d", series, now)
		}
	})
}

// brokenStore is a Store that cannot be read.
type brokenStore struct{ storetest.Memory }

func (*brokenStore) Load(context.Context, string) ([]byte, time.Duration, error) {
	return nil, 0, errors.New("broken")
}

func TestK2_StoreThatFails_IsCounted(t *testing.T) {
	inBubble(t, func(r *rig) {
		for n, user := range []string{"ann", "bob"} {
			if _, err := r.flow(user).Token(r.t.Context()); err != nil {
				t.Fatal(err)
			}
			r.has("after a token", fmt.Sprintf(`flow_events_total{kind="acquired"} %d`, n+1), "cluster_store_failing 1")
			if failures := r.value(`flow_events_total{kind="store_failed"}`); failures < float64(n+1) {
				t.Errorf("after %d tokens: %v failures of the Store", n+1, failures)
			}
			time.Sleep(time.Minute) // fake clock: the Store is tried again
		}
	}, authflow.WithStore(&brokenStore{}, make([]byte, 32)))
}
