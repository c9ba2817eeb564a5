package lockout_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// rewrite lets n new processes use a password that is right, one after the other.
// Each of them saves the record of the user again.
func rewrite(t *testing.T, m *memory, password string, n int, every time.Duration) {
	t.Helper()
	for range n {
		r := process(m)
		play(t, r.Password("ann", password, lockout.Forced), nil)
		flush(t, r)
		after(every)
	}
}

func TestR6_RecordThatIsSavedAgainAndAgain_CountsForAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		began := time.Now()
		for range 3 {
			r := process(m)
			play(t, r.Password("ann", "wrong", lockout.Forced), wrong)
			flush(t, r)
		}
		rewrite(t, m, "right", 320, 11*time.Second+10*time.Millisecond)
		after(time.Until(began.Add(time.Hour - time.Second)))
		fresh(t, m, "wrong", false)
	})
}

// A server that is confused for a moment rejects the right password twice.
func TestR6_RejectionsBeforeTheProof_DoNotEndItWhenTheRecordIsSavedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		for _, f := range []*outcome.Failure{wrong, wrong, nil} {
			play(t, r.Password("ann", "right", lockout.Forced), f)
			flush(t, r)
			after(500 * time.Millisecond)
		}
		rewrite(t, m, "right", 20, 11*time.Second+90*time.Millisecond)
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
	})
}

// The password is changed on the server while somebody types wrong ones.
func TestR6_ReplicasWithAProvenPassword_SendItLessAfterRejections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 5 * time.Millisecond}
		list := fleet(m, 10)
		ok := func() *outcome.Failure { return nil }
		if served, _ := replicas(t, list, "old", 10*time.Second, ok); served != 10 {
			t.Fatal("served only", served)
		}
		after(10 * time.Minute)
		for _, typo := range []string{"odl", "oldd"} {
			play(t, list[0].Password("ann", typo, lockout.Scheduled), wrong)
			flush(t, list[0])
		}
		sent := atomic.Int64{}
		replicas(t, list, "old", 20*time.Second, func() *outcome.Failure {
			sent.Add(1)
			after(300 * time.Millisecond)
			return wrong
		})
		if n := sent.Load(); n == 0 || n > 2 {
			t.Errorf("sent %d times after two rejections, and four lock the account", n)
		}
	})
}

func TestR6_BlockedByAnotherProcess_IsOverSoonAfterAnAcceptance(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		play(t, one.Password("ann", "right", lockout.Scheduled), lost)
		flush(t, one)
		_, err := attempt(t.Context(), two.Password("ann", "right", lockout.Scheduled), func() *outcome.Failure { return nil })
		if err == nil {
			t.Fatal("sent although it may have been rejected a moment ago")
		}
		play(t, one.Password("ann", "right", lockout.Forced), nil)
		flush(t, one)
		after(time.Second)
		play(t, two.Password("ann", "right", lockout.Scheduled), nil)
	})
}

func TestR6_OutcomesOfTwoProcessesAtOnce_AreSavedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		list := fleet(m, 2)
		for _, r := range list {
			play(t, r.Password("ann", "right", lockout.Scheduled), nil)
			flush(t, r)
		}
		after(2 * time.Minute)
		var calls []*lockout.Ticket
		for _, r := range list {
			calls = append(calls, start(t, r.Password("ann", "right", lockout.Scheduled)))
		}
		began := time.Now()
		for _, c := range calls {
			c.Done(nil)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for _, c := range calls {
			c.Flush(ctx)
		}
		if took := time.Since(began); took > 200*time.Millisecond {
			t.Errorf("the callers were told %v later", took)
		}
	})
}

// A process is killed during its call, while another one ends a call of the user.
func TestR6_CallOfAKilledProcess_CountsWhateverOthersHear(t *testing.T) {
	for name, other := range map[string]struct {
		password string
		f        *outcome.Failure
	}{
		"the same password, accepted":  {"right", nil},
		"another password, rejected":   {"typo", wrong},
		"another password, not looked": {"typo", overloaded},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := &memory{}
				one, two := process(m), process(m)
				play(t, one.Password("ann", "right", lockout.Scheduled), nil)
				flush(t, one)
				if other.f == nil {
					play(t, two.Password("ann", "right", lockout.Scheduled), nil)
				}
				after(2 * time.Minute)
				call := start(t, two.Password("ann", other.password, lockout.Scheduled))
				start(t, one.Password("ann", "right", lockout.Scheduled)) // and one is killed
				call.Done(other.f)
				flush(t, two)
				after(40 * time.Second)
				fresh(t, m, "right", false)
				after(40 * time.Second)
				fresh(t, m, "right", true)
			})
		})
	}
}

func TestR6_TenReplicas_SendAWrongPasswordThreeTimesInAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 5 * time.Millisecond}
		list := fleet(m, 10)
		var mu sync.Mutex
		var sent []time.Time
		for range 180 {
			replicas(t, list, "wrong", 20*time.Second, func() *outcome.Failure {
				mu.Lock()
				sent = append(sent, time.Now())
				mu.Unlock()
				after(300 * time.Millisecond)
				return wrong
			})
			after(time.Minute)
		}
		if len(sent) < 7 {
			t.Errorf("sent %d times in three hours", len(sent))
		}
		expectThreeAnHour(t, sent)
	})
}

func TestR6_ManyReplicas_AreServedAtOnceWithTheRightPassword(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 20 * time.Millisecond}
		began := time.Now()
		served, failed := replicas(t, fleet(m, 100), "right", 10*time.Second, func() *outcome.Failure {
			after(300 * time.Millisecond)
			return nil
		})
		if took := time.Since(began); failed > 0 || served != 100 || took > 2*time.Second {
			t.Errorf("%d served, %d failed after %v", served, failed, took)
		}
	})
}

// The password of ten replicas worked, and is changed on the server, which also
// ends all their sessions.
func TestR6_TenReplicas_SendAPasswordThatWasChangedThreeTimes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 5 * time.Millisecond}
		list := fleet(m, 10)
		ok := func() *outcome.Failure { return nil }
		if served, _ := replicas(t, list, "old", 10*time.Second, ok); served != 10 {
			t.Fatal("served only", served)
		}
		after(time.Hour)
		sent := atomic.Int64{}
		for range 10 {
			replicas(t, list, "old", 20*time.Second, func() *outcome.Failure {
				sent.Add(1)
				after(300 * time.Millisecond)
				return wrong
			})
			after(5 * time.Minute)
		}
		if n := sent.Load(); n == 0 || n > 3 {
			t.Errorf("sent %d times", n)
		}
		if served, failed := replicas(t, list, "new", 10*time.Second, ok); failed > 0 {
			t.Errorf("the new password: %d served, %d failed", served, failed)
		}
	})
}

func TestR6_ReplicasThatRenewInTurn_HaveThreeCallsInFlightTogether(t *testing.T) {
	bubble(t, func(t *testing.T) {
		list := fleet(&memory{}, 3)
		for _, r := range list {
			play(t, r.Password("ann", "old", lockout.Scheduled), nil)
			flush(t, r)
		}
		after(15 * time.Second)
		sent := atomic.Int64{}
		replicas(t, slices.Repeat(list, 3), "old", 10*time.Second, func() *outcome.Failure {
			sent.Add(1)
			after(5 * time.Second)
			return wrong
		})
		for _, r := range list {
			flush(t, r)
		}
		if n := sent.Load(); n != 3 {
			t.Errorf("sent %d times", n)
		}
	})
}

// Ten replicas that are up for a day renew at different times.
func TestR6_Replicas_WithAProvenPasswordDoNotWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 5 * time.Millisecond}
		list := fleet(m, 10)
		for range 24 * 12 {
			began := time.Now()
			served, _ := replicas(t, list, "right", 10*time.Second, func() *outcome.Failure {
				after(100 * time.Millisecond)
				return nil
			})
			if took := time.Since(began); served != 10 || took > 2*time.Second {
				t.Fatalf("%d served after %v", served, took)
			}
			after(5 * time.Minute)
		}
	})
}

func TestR6_FirstStartOfReplicas_IsBackWithinTwelveMinutesOfSilence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 5 * time.Millisecond}
		list := fleet(m, 10)
		began := time.Now()
		for {
			served, _ := replicas(t, list, "right", 20*time.Second, func() *outcome.Failure {
				if time.Since(began) > 2*time.Minute {
					return nil
				}
				after(10 * time.Second)
				return lost
			})
			if served == 10 {
				break
			}
			after(time.Second)
		}
		if took := time.Since(began); took > 12*time.Minute {
			t.Errorf("all are served after %v", took)
		}
	})
}
