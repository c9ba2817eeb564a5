package replicas

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Each trouble lasts for troubleLasts, while troubleUsers make a request a second
// each.
const (
	troubleUsers = 20
	troubleLasts = 10 * time.Second
)

// K2: trouble with Redis costs tokens, within the rate limit, and no request.
func TestK2_TroubleWithRedis_CostsNoRequest(t *testing.T) {
	for name, trouble := range map[string]func(f *fleet, p *proxies) (end func()){
		"stopped": func(f *fleet, _ *proxies) func() {
			f.redis.signal(f.t, syscall.SIGSTOP)
			return func() { f.redis.signal(f.t, syscall.SIGCONT) }
		},
		"slow by 2 s": func(_ *fleet, p *proxies) func() {
			p.delay.Store(int64(2 * time.Second))
			return func() { p.delay.Store(0) }
		},
		"restarted empty": func(f *fleet, _ *proxies) func() {
			_, port, _ := net.SplitHostPort(f.store)
			f.redis.end()
			return func() { f.startRedis(port) }
		},
		"full": func(f *fleet, _ *proxies) func() {
			set := func(size string) {
				if err := f.admin(f.store).ConfigSet(f.t.Context(), "maxmemory", size).Err(); err != nil {
					f.t.Fatal(err)
				}
			}
			set("1")
			return func() { set("0") }
		},
		"out of reach of one replica": func(_ *fleet, p *proxies) func() {
			p.parted.Store(2)
			return func() { p.parted.Store(0) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProxies(t)
			f := newFleet(t, settings{replicas: 3, validity: 12, rate: 20, serverRate: 100, storeAt: p.at})
			if f.store == "" {
				t.Fatal("there is no store to have trouble with")
			}
			l := f.work(troubleUsers, time.Second, "/call")
			pass(t, 12*time.Second)
			before := f.mints()
			began := time.Now()
			end := trouble(f, p)
			pass(t, troubleLasts)
			during := f.mints() - before
			took := time.Since(began)
			end()
			recovered := f.shares(40 * time.Second)
			before = f.mints()
			const after = 12 * time.Second
			pass(t, after)
			later := f.mints() - before
			failed := f.stats()["store_failed"]
			l.end()

			alone := f.model(troubleUsers, time.Second)
			alone.Store = false
			t.Logf("%s: %d tokens in %v of trouble; they share again after %v, and need %d in %v then; %d failures of the store",
				name, during, took.Round(time.Second), recovered.Round(100*time.Millisecond), later, after, failed)
			// At worst each replica requests tokens of its own, which it does not have at
			// the beginning.
			if most := int(alone.Steady().Mints*took.Seconds()) + 3*troubleUsers; during > most || float64(during) > 3*20*took.Seconds()+10 {
				t.Errorf("%d tokens during the trouble, more than %d", during, most)
			}
			if shared := f.model(troubleUsers, time.Second).Steady().Mints * after.Seconds(); float64(later) > 1.6*shared {
				t.Errorf("%d tokens after the trouble, where %.0f will do", later, shared)
			}
			if failed == 0 && !strings.HasPrefix(name, "restarted") {
				t.Error("there was no trouble")
			}
		})
	}
}

// K1: without any trouble, replicas that start at once make one token for each
// user.
func TestK1_ReplicasThatStartAtOnce_MintOnceForEachUser(t *testing.T) {
	t.Parallel()
	f := newFleet(t, settings{replicas: 3, validity: 60, rate: 50, serverRate: 100})
	const users = 30
	for u := range users {
		f.everywhere(fmt.Sprintf("/token/user-%d", u))
	}
	if n := f.mints(); n != users {
		t.Errorf("%d tokens for %d users", n, users)
	}
	if failed := f.stats()["store_failed"]; failed > 0 {
		t.Errorf("%d failures of the store", failed)
	}
}
