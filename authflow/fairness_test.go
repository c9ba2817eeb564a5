package authflow_test

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Many principals are in use, whose tokens were made at different times. At nine
// o'clock many more come at once. No request of a principal in use waits.
func TestR9_CrowdOfNewcomers_EndsNoLeaseInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inUse, newcomers := sized(3000, 90), sized(10_000, 300)
		rate := 50 * float64(inUse) / 3000
		var seen arrivals
		sim := authtest.New(append(people(inUse+newcomers), seen.option(), authtest.WithRateLimit(2*rate, 10))...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(rate, 10))
		flows := byKey(t, cluster, inUse+newcomers)
		end := time.Now().Add(20 * time.Minute)
		var wg sync.WaitGroup
		for i, f := range flows[:inUse] {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 235 * time.Second / time.Duration(inUse)) // fake clock
				useUntil(t, f, end)
			})
		}
		time.Sleep(8 * time.Minute) // fake clock
		took := allAtOnce(flows[inUse:], func(_ int, f *authflow.Flow) {
			_, err := carried(t.Context(), f)
			if err != nil {
				t.Error(err)
			}
		})
		// The renewals of 3,000 principals take 13 of 50 calls a second.
		if allowed := time.Duration(float64(newcomers)/rate/0.65) * time.Second; took > allowed {
			t.Errorf("the last newcomer was served after %v", took)
		}
		wg.Wait()
		if n := seen.count(tooMany); n > 0 {
			t.Errorf("%d responses with 429", n)
		}
	})
}

// useUntil uses a flow every five seconds, and fails the test if a request waits,
// except the first one.
func useUntil(t *testing.T, f *authflow.Flow, end time.Time) {
	for first := true; time.Now().Before(end); first = false {
		came := time.Now()
		_, err := carried(t.Context(), f)
		waited := time.Since(came)
		if err != nil || waited > 0 && !first {
			t.Errorf("a principal in use waited for %v, %v", waited, err)
			return
		}
		time.Sleep(5 * time.Second) // fake clock
	}
}

// One user requests a thousand tokens at once. Another user waits for one turn.
func TestR9_ThousandRequestsOfOneUser_DelayAnotherByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(people(21)...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(50, 1))
		flows := byKey(t, cluster, 21)
		var wg sync.WaitGroup
		for range sized(1000, 400) {
			wg.Go(func() { _, _ = flows[0].Token(t.Context(), authflow.Exclusive()) })
		}
		synctest.Wait()
		for _, f := range flows[1:] {
			came := time.Now()
			_, err := f.Token(t.Context())
			if waited := time.Since(came); err != nil || waited > 41*time.Millisecond { // its own turn, and one other
				t.Errorf("waited for %v, %v", waited, err)
			}
		}
		wg.Wait()
	})
}

// A crowd waits for tokens, and 20 users log out, with six tokens each. The first
// token of each of them is revoked within a second, and the crowd keeps half of the
// rate.
func TestR9_FirstRevocationOfAUser_WaitsForASecondAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const leavers = 20
		crowd := sized(2000, 300)
		var seen arrivals
		sim := authtest.New(append(people(leavers+crowd), seen.option())...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(50, 1))
		flows := byKey(t, cluster, leavers+crowd)
		allAtOnce(flows[:leavers], func(_ int, f *authflow.Flow) {
			_ = mustToken(t, f)
			for range 5 {
				_, _ = f.Token(t.Context(), authflow.Exclusive())
			}
		})
		began := make(chan time.Time, 1)
		time.AfterFunc(time.Second, func() {
			began <- time.Now()
			allAtOnce(flows[:leavers], func(_ int, f *authflow.Flow) {
				err := f.Logout(t.Context())
				if err != nil {
					t.Error(err)
				}
			})
		})
		allAtOnce(flows[leavers:], func(_ int, f *authflow.Flow) {
			_, err := f.Token(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
		end := (<-began).Add(time.Second + time.Millisecond)
		first, mints := map[string]bool{}, 0
		for _, c := range seen.list {
			switch {
			case c.Began.After(end), c.Began.Before(end.Add(-time.Second)):
			case c.Operation == authtest.OpRevokeToken:
				first[c.User] = true
			default:
				mints++
			}
		}
		if len(first) != leavers || mints < 24 {
			t.Errorf("within a second, a token of %d of %d users was revoked, and %d callers were served", len(first), leavers, mints)
		}
		if n := seen.count(func(c authtest.Call) bool { return c.Operation == authtest.OpRevokeToken }); n != 6*leavers {
			t.Errorf("%d tokens were revoked", n)
		}
	})
}

// Many renewals ahead of time wait in the queue. A new user goes before them.
func TestR9_RenewalsAheadOfTime_DelayNoNewUser(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		size := sized(1500, 300)
		sim := authtest.New(people(size + 10)...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(float64(size)/30, 1))
		flows := byKey(t, cluster, size+10)
		use := func(_ int, f *authflow.Flow) {
			_, err := carried(t.Context(), f)
			if err != nil {
				t.Error(err)
			}
		}
		allAtOnce(flows[:size], use)
		time.Sleep(240 * time.Second) // fake clock
		if waited := allAtOnce(flows[:size], use); waited > 0 {
			t.Errorf("a caller waited for %v", waited)
		}
		synctest.Wait()
		if n := cluster.Stats().Queue.Ahead.Length; n < size/2 {
			t.Fatalf("%d renewals wait", n)
		}
		for _, f := range flows[size:] {
			came := time.Now()
			_, err := f.Token(t.Context())
			if waited := time.Since(came); err != nil || waited > time.Second/4 { // two turns
				t.Errorf("a new user waited for %v, %v", waited, err)
			}
		}
		for _, f := range flows {
			_ = f.Close()
		}
	})
}

// Ten users of an Org whose key is new come behind a crowd of another Org.
func TestR9_FewUsersOfAnOrg_DoNotWaitForACrowdOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		size := sized(6000, 300)
		sim := authtest.New(peopleOfOrgs(size + 10)...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithOrgSecretKey("1", "key-1"))
		flows := byKey(t, cluster, size)
		var wg sync.WaitGroup
		for _, f := range flows {
			wg.Go(func() { _, _ = f.Token(t.Context()) })
		}
		synctest.Wait()
		org := int32(1)
		few := make([]*authflow.Flow, 10)
		for i := range few {
			var err error
			few[i], err = cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "user-" + strconv.Itoa(size+i), OrgID: &org})
			if err != nil {
				t.Fatal(err)
			}
		}
		took := allAtOnce(few, func(_ int, f *authflow.Flow) {
			_, err := f.Token(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
		if took > time.Second { // 20 turns, ten of each Org
			t.Errorf("the ten users were served after %v", took)
		}
		for _, f := range flows {
			_ = f.Close()
		}
		wg.Wait()
	})
}
