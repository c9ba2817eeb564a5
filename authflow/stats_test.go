package authflow_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// userFlow returns a Flow of full access for a user, with the key of the cluster.
func userFlow(t *testing.T, c *authflow.Cluster, user string) *authflow.Flow {
	t.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestR14_Stats_ShowAnOutageUntilACallSucceeds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		ann, bob := userFlow(t, c, "ann"), userFlow(t, c, "bob")
		s := c.Stats()
		if s.Budget != 20 || !s.Since.IsZero() || s.LastFailure != "" || len(s.Mints) != 0 || len(s.Revocations) != 0 || s.Rate != 50 || s.SharedRate {
			t.Errorf("before the first call: %+v", s)
		}
		for range 2 {
			mustToken(t, ann)
			if err := ann.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			lastSuccess := time.Now()
			before := c.Stats()
			if before.Mints["ok"] < 2 || before.Suspects != 0 || before.LastFailure != "" {
				t.Errorf("after a success: %+v", before)
			}
			time.Sleep(time.Second) // fake clock
			sim.Fail(authtest.OpGetFullAccessToken, 10, authtest.Status(503))
			if err := bob.Renew(t.Context()); err == nil {
				t.Fatal("no error from a server that is down")
			}
			s := c.Stats()
			failed := s.Mints["overloaded"] - before.Mints["overloaded"]
			if s.LastFailure != "overloaded" || s.Suspects != 1 || failed < 3 || s.Budget >= 20 || s.Budget < 20-float64(failed) {
				t.Errorf("in an outage: %+v", s)
			}
			if s.Since.Before(lastSuccess) || s.Since.After(time.Now()) {
				t.Errorf("in an outage since %v, the last success was at %v", s.Since, lastSuccess)
			}
			sim.ClearFaults()
			time.Sleep(time.Minute) // fake clock
			mustToken(t, bob)
			s = c.Stats()
			if s.LastFailure != "" || s.Suspects != 0 || s.Budget != 20 || !s.Since.IsZero() {
				t.Errorf("after the outage: %+v", s)
			}
			time.Sleep(10 * time.Minute) // fake clock
		}
	}, authtest.WithUser("ann", ""), authtest.WithUser("bob", ""))
}

func TestR9_Stats_ShowTheQueueByUrgency(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(1, 1))
		logout := userFlow(t, c, "user-0")
		mustToken(t, logout) // takes the burst, and proves the key
		began := time.Now()
		var callers sync.WaitGroup
		for i := range 5 {
			f := userFlow(t, c, fmt.Sprint("user-", i+1))
			callers.Go(func() { _ = f.Renew(t.Context()) })
		}
		callers.Go(func() { _ = logout.Logout(t.Context()) })
		synctest.Wait()
		s := c.Stats()
		if s.Queue.Callers.Length != 5 || s.Queue.Revocations.Length != 1 || s.Queue.Ahead.Length != 0 || s.Rate != 1 {
			t.Errorf("at first: %+v", s)
		}
		time.Sleep(2500 * time.Millisecond) // fake clock
		synctest.Wait()
		s = c.Stats()
		if left := s.Queue.Callers.Length + s.Queue.Revocations.Length; left != 4 || s.Queue.Callers.Oldest != time.Since(began) {
			t.Errorf("after 2.5 s: %+v", s)
		}
		callers.Wait()
		s = c.Stats()
		mints, revocations := map[string]uint64{"ok": 6}, map[string]uint64{"ok": 1}
		if s.Queue != (authflow.QueueStats{}) || !maps.Equal(s.Mints, mints) || !maps.Equal(s.Revocations, revocations) {
			t.Errorf("in the end: %+v", s)
		}
	}, people(6)...)
}

func TestR6_Stats_CountRejectedPasswordsAndUnprovenKeys(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey("wrong"))
		if s := c.Stats(); s.RejectedPasswords != 0 || s.UnprovenKeys != 0 {
			t.Errorf("before the first call: %+v", s)
		}
		for i := range 2 {
			session, err := c.Session(gen.LoginRequest{Username: fmt.Sprint("user-", i), Password: "wrong"})
			if err != nil {
				t.Fatal(err)
			}
			if err := session.Renew(t.Context()); err == nil {
				t.Fatal("a wrong password was accepted")
			}
			if err := userFlow(t, c, fmt.Sprint("user-", i)).Renew(t.Context()); err == nil {
				t.Fatal("a wrong key was accepted")
			}
			if s := c.Stats(); s.RejectedPasswords != i+1 || s.UnprovenKeys != 1 || s.Mints["rejected"] != uint64(2*i+2) {
				t.Errorf("after %d passwords: %+v", i+1, s)
			}
			time.Sleep(2 * time.Second) // fake clock
		}
		time.Sleep(2 * time.Hour) // fake clock
		if s := c.Stats(); s.RejectedPasswords != 0 {
			t.Errorf("two hours later: %+v", s)
		}
	}, people(2)...)
}

// The rate in force is lower after 429s to three principals, and grows back.
func TestR9_Stats_ShowTheRateInForce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		first := userFlow(t, c, "user-0")
		mustToken(t, first)
		sim.Fail(authtest.OpGetFullAccessToken, 4, authtest.Status(429))
		var callers sync.WaitGroup
		for i := range 4 {
			f := userFlow(t, c, fmt.Sprint("user-", i+1))
			callers.Go(func() { _ = f.Renew(t.Context()) })
		}
		synctest.Wait()
		callers.Wait()
		if s := c.Stats(); s.Rate >= 50 || s.Rate < 5 || s.Mints["rateLimited"] != 4 {
			t.Errorf("after 429s: %+v", s)
		}
		for range 20 {
			time.Sleep(time.Second) // fake clock
			if err := first.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s := c.Stats(); s.Rate != 50 {
			t.Errorf("after 20 s of success: %+v", s)
		}
	}, people(5)...)
}

func TestR4_Classes_AreAllNames(t *testing.T) {
	t.Parallel()
	want := []string{"ok", "notSent", "outcomeUnknown", "rejected", "overloaded", "rateLimited", "conflict", "unexpected", "invalid", "other"}
	if got := authflow.Classes(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestR2_Stats_CountRenewalsAheadOfTimeAsMints(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		f := userFlow(t, c, "user-0")
		mustToken(t, f)
		for renewals := range 2 {
			time.Sleep(250 * time.Second) // fake clock: the token lives for 300 s
			mustToken(t, f)
			synctest.Wait()
			if s := c.Stats(); !maps.Equal(s.Mints, map[string]uint64{"ok": uint64(renewals + 2)}) || len(s.Revocations) != 0 {
				t.Errorf("after %d renewals: %+v", renewals+1, s)
			}
		}
	}, people(1)...)
}
