package authflow_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The operation of the Store that fails is shown until it works again. Each one may
// fail alone: a Store that is full loads values, and saves none.
func TestK2_Stats_ShowTheStoreThatFails(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]string{
		"Load": "Load", "Save": "Save", "Lock": "Lock", "Swap": "Swap", "Reserve": "Reserve", "all": "*",
	}, func(t *testing.T, op string) {
		sim := authtest.New(people(100)...)
		var isBroken atomic.Bool
		s := &faultyStore{op: op, broken: isBroken.Load, err: fmt.Errorf("%s at 10.0.0.7: %s", op, hidden)}
		cluster := process(t, sim, s, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(2, 1))
		isFailing := func(s authflow.StoreStats) bool { return s.Failing == op || op == "*" && s.Failing != "" }
		users := 0
		use := func() { // a queue of new users
			var flows []*authflow.Flow
			for range 4 {
				flows = append(flows, userOf(t, cluster, users), byPassword(t, cluster, fmt.Sprint("user-", users), "pw"))
				users++
			}
			tokensOfAll(t, flows)
		}
		if got := cluster.Stats().Store; got != (authflow.StoreStats{}) {
			t.Errorf("before the first operation: %+v", got)
		}
		for range 2 {
			use()
			before := cluster.Stats().Store
			if before.Failing != "" || !before.Since.IsZero() {
				t.Errorf("while it works: %+v", before)
			}
			isBroken.Store(true)
			began := time.Now()
			use()
			got := cluster.Stats().Store
			if !isFailing(got) || got.Since.Before(began) || got.Since.After(time.Now()) {
				t.Errorf("while it fails since %v: %+v", began, got)
			}
			if got.Failures <= before.Failures || strings.Contains(fmt.Sprintf("%+v", got), hidden) {
				t.Errorf("before %+v, after a failure %+v", before, got)
			}
			for range 3 { // it is tried again, and fails
				time.Sleep(time.Minute) // fake clock
				use()
			}
			later := cluster.Stats().Store
			if !isFailing(later) || !later.Since.Equal(got.Since) || later.Failures <= got.Failures {
				t.Errorf("first %+v, three minutes later %+v", got, later)
			}
			isBroken.Store(false)
			time.Sleep(time.Minute) // fake clock
			use()
			if got := cluster.Stats().Store; got != (authflow.StoreStats{Failures: later.Failures}) {
				t.Errorf("after it is mended: %+v", got)
			}
		}
	})
}

// A failure of which nothing was heard for five minutes says nothing any more: a replica
// without requests does not look broken for ever.
func TestK2_Stats_ForgetAFailureAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		cluster := process(t, sim, &faultyStore{op: "*", broken: func() bool { return true }}, authflow.WithSecretKey(authtest.DefaultSecretKey))
		for range 2 {
			began := time.Now()
			for range 2 { // the second failure counts for five minutes as well
				mustToken(t, userNamed(t, cluster, admin))
				time.Sleep(4*time.Minute + 50*time.Second) // fake clock
				if got := cluster.Stats().Store; got.Failing != "Load" || !got.Since.Equal(began) {
					t.Errorf("it fails since %v: %+v", began, got)
				}
			}
			time.Sleep(20 * time.Second) // fake clock
			if got := cluster.Stats().Store; got.Failing != "" || !got.Since.IsZero() || got.Failures == 0 {
				t.Errorf("after five minutes: %+v", got)
			}
		}
	})
}

// Results that say nothing about the Store do not make it look broken: a lock that
// another process holds, a value that is not there or has changed, and a caller without
// time.
func TestK2_Stats_ShowNoFailureOfAStoreThatWorks(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		holdLock(t, sim, s, 9*time.Second)
		cluster := process(t, sim, &storeView{sharedStore: s, before: distance(100 * time.Millisecond)}, authflow.WithSecretKey(authtest.DefaultSecretKey))
		tokenWithin(t, userNamed(t, cluster, admin), 2*time.Second)
		mustToken(t, userNamed(t, cluster, admin))
		for range 2 {
			f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: admin, Password: "wrong"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Token(t.Context()); err == nil {
				t.Error("a wrong password is accepted")
			}
		}
		if got := cluster.Stats().Store; got != (authflow.StoreStats{}) {
			t.Errorf("%+v", got)
		}
		time.Sleep(time.Minute) // fake clock: the call of the holder ends
	})
}

// However long the Store was down, it is used again within half a minute of its return:
// for tokens, for the count of rejected passwords, and for the rate.
func TestK2_StoreThatIsBack_IsUsedWithinHalfAMinute(t *testing.T) {
	t.Parallel()
	long := time.Duration(sized(20, 5)) * time.Minute
	bubbles(t, map[string]time.Duration{"a minute": time.Minute, fmt.Sprint(long): long}, func(t *testing.T, outage time.Duration) {
		sim := authtest.New(people(3)...)
		isDown := false
		used := make(map[string]time.Time) // when the operation was used first, since the Store is back
		var mu sync.Mutex
		s := &storeView{sharedStore: &sharedStore{}, before: func(_ context.Context, op string) error {
			mu.Lock()
			defer mu.Unlock()
			if isDown {
				return errBroken
			}
			if used[op].IsZero() {
				used[op] = time.Now()
			}
			return nil
		}}
		cluster := process(t, sim, s, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(5, 1))
		flows := []*authflow.Flow{userOf(t, cluster, 0), byPassword(t, cluster, "user-0", "pw"), userOf(t, cluster, 1), userOf(t, cluster, 2)}
		work := func(lasts time.Duration) { // so much that there is a queue
			for began := time.Now(); time.Since(began) < lasts; time.Sleep(2 * time.Second) { // fake clock
				allAtOnce(flows, func(_ int, f *authflow.Flow) {
					if err := f.Renew(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		setDown := func(down bool) {
			mu.Lock()
			defer mu.Unlock()
			isDown = down
			clear(used)
		}
		for range 2 {
			setDown(true)
			work(outage)
			setDown(false)
			back := time.Now()
			work(40 * time.Second)
			mu.Lock()
			for _, op := range []string{"Load", "Save", "Lock", "Reserve"} {
				if after := used[op].Sub(back); used[op].IsZero() || after > 30*time.Second {
					t.Errorf("%s: %v after the Store is back", op, after)
				}
			}
			mu.Unlock()
		}
	})
}
