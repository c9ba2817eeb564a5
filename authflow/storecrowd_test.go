package authflow_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// 1,000 users at three replicas with a Store of 60 connections. A crowd that waits for
// connections does not look like a failure of the Store, and costs hardly more mints
// than it has users.
func TestK2_CrowdOnAStoreOfFewConnections_DoesNotLookLikeAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		users := sized(1000, 150)
		sim := authtest.New(people(users)...)
		s := &pooledStore{pool: make(chan struct{}, 60)}
		s.storeView = storeView{sharedStore: &sharedStore{}, before: s.connection}
		var seen events
		var flows []*authflow.Flow
		for range 3 {
			c := process(t, sim, s, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithObserver(seen.observe))
			for u := range users {
				flows = append(flows, userOf(t, c, u))
			}
		}
		for range 2 {
			sim.ResetCalls()
			_, took := tokensOfAll(t, flows)
			n := sim.Calls(authtest.OpGetFullAccessToken)
			if n > users*21/20 || took > time.Duration(users/50)*time.Second+3*time.Second {
				t.Errorf("%d mints in %v", n, took)
			}
			if failures := seen.of(authflow.StoreFailed); len(failures) > 0 {
				t.Errorf("%d failures of the Store are reported, such as %v", len(failures), failures[0].Err)
			}
			time.Sleep(301 * time.Second) // fake clock
		}
	})
}

// 200 users come every ten seconds while the Store hangs. After the first operations
// have failed, the others go without the Store for a while.
func TestK2_StoreThatHangsInACrowd_IsTriedByFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		users := sized(200, 100)
		sim := authtest.New(people(3 * users)...)
		var operations atomic.Int64
		s := tokensOnly{&storeView{sharedStore: &sharedStore{}, before: func(ctx context.Context, _ string) error {
			operations.Add(1)
			<-ctx.Done()
			return ctx.Err()
		}}}
		c := process(t, sim, s, authflow.WithSecretKey(authtest.DefaultSecretKey))
		for round := range 3 {
			flows := make([]*authflow.Flow, users)
			for i := range flows {
				flows[i] = userOf(t, c, round*users+i)
			}
			_, took := tokensOfAll(t, flows)
			if took > time.Duration(users/50)*time.Second+2*time.Second {
				t.Errorf("round %d: the last of %d users is served after %v", round, users, took)
			}
			if n := operations.Swap(0); n == 0 || n > 30 {
				t.Errorf("round %d: %d operations", round, n)
			}
			time.Sleep(10 * time.Second) // fake clock
		}
	})
}

// Twenty processes find at the same instant that the Store is down. They do not try it
// again at the same instant.
func TestK2_StoreThatFails_IsNotTriedAgainByAllAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		const processes = 20
		var mu sync.Mutex
		tries := make(map[time.Time]int)
		s := tokensOnly{&storeView{sharedStore: &sharedStore{}, before: func(context.Context, string) error {
			mu.Lock()
			defer mu.Unlock()
			tries[time.Now()]++
			return errBroken
		}}}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for range processes {
			f := replica(t, sim, s, admin)
			running.Go(func() {
				for ctx.Err() == nil {
					_ = f.Renew(ctx)
					time.Sleep(10 * time.Millisecond) // fake clock
				}
			})
		}
		defer running.Wait()
		defer cancel()
		time.Sleep(500 * time.Millisecond) // fake clock
		mu.Lock()
		clear(tries)
		mu.Unlock()
		time.Sleep(time.Second) // fake clock
		mu.Lock()
		defer mu.Unlock()
		for at, n := range tries {
			if n > processes/2 {
				t.Errorf("%d processes try the Store at %v", n, at)
			}
		}
		if len(tries) == 0 {
			t.Error("the Store is not tried again")
		}
	})
}

// pooledStore is a Store whose client has a number of connections. An operation, and
// each try of Lock, needs one for 20 ms, and fails if there is none for a second.
type pooledStore struct {
	storeView
	pool chan struct{}
}

// connection uses a connection of the pool.
func (s *pooledStore) connection(ctx context.Context, _ string) error {
	timeout := time.NewTimer(time.Second)
	defer timeout.Stop()
	select {
	case s.pool <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return errors.New("connection pool timeout")
	}
	defer func() { <-s.pool }()
	time.Sleep(20 * time.Millisecond) // fake clock
	return nil
}

// Lock tries again and again, as with Redis.
func (s *pooledStore) Lock(ctx context.Context, name string, limit time.Duration) (func(), error) {
	once, cancel := context.WithCancel(ctx)
	cancel()
	for pause := 10 * time.Millisecond; ; pause = min(pause*3/2, time.Second) {
		if err := s.connection(ctx, "Lock"); err != nil {
			return nil, err
		}
		unlock, err := s.sharedStore.Lock(once, name, limit) // takes a lock that is free
		if err == nil {
			return unlock, nil
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
