package authflow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// stubborn has bad users who return each second with a new Flow, as a service does
// that makes one for each request, and a good newcomer every two seconds.
func stubborn(t *testing.T, bad int, b behavior) {
	s := newShards(func(_ *shards, c arrival) behavior {
		if c.user[0] == 'b' {
			return b
		}
		return behavior{takes: fastCall}
	})
	cluster := shardCluster(t, s)
	cs := &callers{s: s, rate: 50}
	ctx, stop := context.WithCancel(t.Context())
	for i := range bad {
		user := fmt.Sprint("b", i)
		cs.wait.Go(func() {
			for ctx.Err() == nil {
				_ = cs.ask(cluster, keyFlow(t, cluster, user), user, 30*time.Second)
				time.Sleep(time.Second) // fake clock
			}
		})
	}
	time.Sleep(5 * time.Second) // fake clock
	for i := range 20 {
		user := fmt.Sprint("g", i)
		cs.wait.Go(func() { _ = cs.ask(cluster, keyFlow(t, cluster, user), user, 10*time.Second) })
		time.Sleep(2 * time.Second) // fake clock
	}
	stop()
	cs.wait.Wait()
	cs.check(t, "first 20 s", 6*time.Second, func(o outcomeOf) bool { return isGood(o) && o.began < 20*time.Second })
	cs.check(t, "later", 2*time.Second, func(o outcomeOf) bool { return isGood(o) && o.began >= 20*time.Second })
}

// The first users of a process fail, so that the key is not proven.
func TestR13_FirstUsersOfAKeyFail_OthersAreServed(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]behavior{
		"502": {status: 502}, "silence": {swallow: true}, "429": {status: 429, headers: []string{"Retry-After", "1"}},
	} {
		for _, bad := range []int{10, 50} {
			if bad == 50 && name != "502" && !fullSize() {
				continue
			}
			t.Run(fmt.Sprint(name, " ", bad), func(t *testing.T) {
				t.Parallel()
				inAttack(t, func(t *testing.T) { stubborn(t, bad, b) })
			})
		}
	}
}

// Rejections of three users in a row make a key unproven, again and again here.
func TestR13_ManyLockedUsers_OthersAreServed(t *testing.T) {
	t.Parallel()
	for _, bad := range []int{3, 10, 50} {
		t.Run(fmt.Sprint(bad), func(t *testing.T) {
			t.Parallel()
			inAttack(t, func(t *testing.T) { stubborn(t, bad, behavior{status: 403}) })
		})
	}
}

func TestR13_FlappingBetweenSuccessAnd429_NobodyFails(t *testing.T) {
	t.Parallel()
	inAttack(t, func(t *testing.T) {
		s := newShards(func(s *shards, _ arrival) behavior {
			if s.now()%(10*time.Second) >= 5*time.Second {
				return behavior{status: 429, headers: []string{"Retry-After", "5"}}
			}
			return behavior{takes: fastCall}
		})
		cluster := shardCluster(t, s)
		cs := &callers{s: s, rate: 50}
		for i := range 1000 {
			user := fmt.Sprint("g", i%500)
			cs.wait.Go(func() { _ = cs.ask(cluster, keyFlow(t, cluster, user), user, time.Minute) })
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		cs.wait.Wait()
		cs.check(t, "all", 30*time.Second, isGood)
	})
}

// 300 users got their tokens as fast as the rate allows, so their renewals need the
// whole rate for a minute, beside newcomers.
func TestR9_LeasesOfACrowdBesideNewcomers_DoNotEnd(t *testing.T) {
	t.Parallel()
	inAttack(t, func(t *testing.T) {
		s := newShards(func(*shards, arrival) behavior { return behavior{takes: fastCall} })
		cluster := shardCluster(t, s, authflow.WithRateLimit(5, 5))
		cs := &callers{s: s, rate: 5}
		for i := range 300 {
			user := fmt.Sprint("inuse", i)
			f := keyFlow(t, cluster, user)
			cs.wait.Go(func() {
				for s.now() < 370*time.Second {
					_ = cs.ask(nil, f, user, time.Hour)
					time.Sleep(20 * time.Second) // fake clock
				}
			})
		}
		time.Sleep(230 * time.Second) // fake clock
		for i := range 600 {
			user := fmt.Sprint("new", i)
			f := keyFlow(t, cluster, user)
			cs.wait.Go(func() { _ = cs.ask(nil, f, user, time.Hour) })
		}
		cs.wait.Wait()
		cs.check(t, "leases in use", 0, func(o outcomeOf) bool { return o.user[0] == 'i' && o.began > 90*time.Second })
		cs.check(t, "newcomers", 190*time.Second, func(o outcomeOf) bool { return o.user[0] == 'n' })
	})
}

func TestR10_ObserverThatHangs_HoldsUpNoOtherCaller(t *testing.T) {
	t.Parallel()
	inAttack(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		s := newShards(func(*shards, arrival) behavior { return behavior{takes: fastCall} })
		store := &faultyStore{op: "Reserve", broken: func() bool { return true }}
		cluster := shardCluster(t, s, authflow.WithStore(store, make([]byte, 32)), authflow.WithObserver(func(e authflow.Event) {
			if e.Kind == authflow.StoreFailed {
				<-release
			}
		}))
		cs := &callers{s: s, rate: 50}
		for i := range 20 {
			user := fmt.Sprint("g", i)
			_ = cs.ask(cluster, keyFlow(t, cluster, user), user, 10*time.Second)
		}
		cs.check(t, "all", 2*time.Second, isGood)
	})
}
