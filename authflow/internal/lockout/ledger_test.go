package lockout_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// attempt lets a process send a password once, if it may within its patience. It
// returns an error if it did not send it.
func attempt(ctx context.Context, ticket *lockout.Ticket, call func() *outcome.Failure) (*outcome.Failure, error) {
	for {
		wait, err := dispatch(ticket)
		if err != nil {
			return nil, err
		}
		if wait == 0 {
			break
		}
		after(50 * time.Millisecond)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if err := reserve(ctx, ticket); err != nil {
		ticket.Done(notSent)
		return nil, err
	}
	f := call()
	ticket.Done(f)
	return f, nil
}

// limiter stands for the lock that a limiter holds when it dispatches.
var limiter sync.Mutex

// dispatch takes a call if it may be sent.
func dispatch(ticket *lockout.Ticket) (time.Duration, error) {
	limiter.Lock()
	defer limiter.Unlock()
	wait, err := ticket.Eligible(time.Now())
	if wait == 0 && err == nil {
		ticket.Take(time.Now())
	}
	return wait, err
}

// A tool that cron starts each minute, after its password was changed.
func TestR6_ToolEachMinute_SendsAWrongPasswordThreeTimesInAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 20 * time.Millisecond}
		var sent []time.Time
		for range 4 * 60 {
			r := process(m)
			_, err := attempt(t.Context(), r.Password("ann", "wrong", lockout.Scheduled), func() *outcome.Failure {
				sent = append(sent, time.Now())
				after(300 * time.Millisecond)
				return wrong
			})
			var b *lockout.BlockedError
			if err != nil && (!errors.As(err, &b) || b.RetryAfter <= 0 || b.Last.Class != outcome.Rejected) {
				t.Fatal(err)
			}
			flush(t, r)
			after(time.Minute)
		}
		if len(sent) < 10 {
			t.Errorf("sent %d times in four hours, a mistake of the server would last", len(sent))
		}
		expectThreeAnHour(t, sent)
		if m.maxTTL > time.Hour || m.longest > 63 {
			t.Errorf("records of %d bytes for %v", m.longest, m.maxTTL)
		}
	})
}

// expectThreeAnHour fails the test if more than 3 calls came within an hour.
func expectThreeAnHour(t *testing.T, sent []time.Time) {
	t.Helper()
	for i := 3; i < len(sent); i++ {
		if within := sent[i].Sub(sent[i-3]); within < time.Hour {
			t.Fatalf("4 calls within %v", within)
		}
	}
}

// After the first rejection, the tool hears nothing but 502.
func TestR6_ToolEachMinute_CountsTheResponsesOfAGatewayAfterARejection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		var sent []time.Time
		for range 4 * 60 {
			r := process(m)
			_, _ = attempt(t.Context(), r.Password("ann", "wrong", lockout.Scheduled), func() *outcome.Failure {
				sent = append(sent, time.Now())
				if len(sent) == 1 {
					return wrong
				}
				return overloaded
			})
			flush(t, r)
			after(time.Minute)
		}
		if len(sent) < 10 {
			t.Errorf("sent %d times in four hours", len(sent))
		}
		expectThreeAnHour(t, sent)
	})
}

// The process ends, or is killed, before it hears or saves anything.
func TestR6_ToolThatIsKilled_SendsThreeTimesInAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		var sent []time.Time
		for range 4 * 60 {
			ticket := process(m).Password("ann", "wrong", lockout.Scheduled)
			ready(t, ticket).Take(time.Now())
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if reserve(ctx, ticket) == nil {
				sent = append(sent, time.Now())
			}
			cancel()
			after(time.Minute)
		}
		if len(sent) < 10 {
			t.Errorf("sent %d times in four hours", len(sent))
		}
		expectThreeAnHour(t, sent)
	})
}

// replicas let n processes begin at once, and each goes on until its password is
// accepted or it has been rejected often enough.
func replicas(t *testing.T, list []*lockout.Registry, password string, patience time.Duration, call func() *outcome.Failure) (served, failed int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var wg sync.WaitGroup
	var ok, not atomic.Int64
	for _, r := range list {
		wg.Go(func() {
			f, err := attempt(ctx, r.Password("ann", password, lockout.Scheduled), call)
			if f == nil && err == nil {
				ok.Add(1)
			} else {
				not.Add(1)
			}
		})
	}
	wg.Wait()
	return int(ok.Load()), int(not.Load())
}

func fleet(m *memory, n int) []*lockout.Registry {
	list := make([]*lockout.Registry, n)
	for i := range list {
		list[i] = process(m)
	}
	return list
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

func TestK2_Ledger_CostsOneLoadAndOneSwapBeforeTheCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		expect := func(what string, wantLoads, wantSwaps int) {
			t.Helper()
			if loads, swaps := m.operations(); loads != wantLoads || swaps != wantSwaps {
				t.Errorf("%s: %d loads and %d swaps", what, loads, swaps)
			}
		}
		r := process(m)
		first := start(t, r.Password("ann", "right", lockout.Scheduled))
		expect("first start", 1, 1)
		first.Done(nil)
		flush(t, r)
		expect("its outcome", 0, 1)
		for range 100 {
			play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		}
		flush(t, r)
		expect("a proven password", 0, 0)
		other := process(m)
		play(t, other.Password("ann", "right", lockout.Scheduled), nil)
		flush(t, other)
		expect("another process", 1, 0)
		after(time.Minute)
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		flush(t, r)
		expect("a password that was proven long ago", 1, 2)
		play(t, r.Key("key", "ann"), nil)
		expect("a key", 0, 0)
	})
}

func TestK2_LedgerThatFails_LeavesThreeForEachProcess(t *testing.T) {
	for name, set := range map[string]func(*memory){
		"error":   func(m *memory) { m.set(errors.New("down"), false) },
		"silence": func(m *memory) { m.set(nil, true) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := &memory{}
				set(m)
				list := fleet(m, 3)
				sent := make([][]time.Time, len(list))
				for range 120 {
					for i, r := range list {
						_, _ = attempt(t.Context(), r.Password("ann", "wrong", lockout.Scheduled), func() *outcome.Failure {
							sent[i] = append(sent[i], time.Now())
							return wrong
						})
					}
					after(time.Minute)
				}
				for i := range sent {
					expectThreeAnHour(t, sent[i])
					if len(sent[i]) < 5 {
						t.Errorf("sent %d times in two hours", len(sent[i]))
					}
				}
			})
		})
	}
}

func TestK2_SilentLedger_CostsTwoSeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{silent: true}
		r := process(m)
		began := time.Now()
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("waited for %v", took)
		}
		began = time.Now()
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		if took := time.Since(began); took != 0 {
			t.Errorf("a proven password waits for %v", took)
		}
	})
}

// changing is a Ledger whose record another process changes all the time.
type changing struct{}

func (changing) Load(context.Context, string) ([]byte, time.Duration, error) { return nil, 0, nil }

func (changing) Swap(context.Context, string, []byte, []byte, time.Duration) error {
	return lockout.ErrChanged
}

func TestK2_RecordThatAlwaysChanges_StopsNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{Ledger: changing{}})
		began := time.Now()
		play(t, r.Password("ann", "right", lockout.Scheduled), nil)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("waited for %v", took)
		}
		flush(t, r)
		if r.Records() != 0 {
			t.Errorf("%d records", r.Records())
		}
	})
}

func TestK2_GarbageInTheLedger_CountsAsEmpty(t *testing.T) {
	for name, record := range map[string][]byte{
		"empty":         {},
		"short":         {1, 0},
		"text":          []byte("not a record at all, but long enough for one"),
		"version":       {2, 0x8c, 0xa0, 0x20, 0, 0, 0x8c, 0xa0},
		"cut":           {1, 0x8c, 0xa0, 0x20, 0, 0, 0x8c},
		"kind":          {1, 0x8c, 0xa0, 0xf0, 0, 0, 0x8c, 0xa0},
		"end after ttl": {1, 0, 10, 0x20, 0, 0, 0x8c, 0xa0},
		"long":          append([]byte{1, 0x8c, 0xa0}, make([]byte, 5000)...),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := &memory{records: map[string]stored{"ann": {record: record, end: time.Now().Add(time.Hour)}}}
				r := process(m)
				began := time.Now()
				play(t, r.Password("ann", "right", lockout.Scheduled), wrong)
				if took := time.Since(began); took != 0 {
					t.Errorf("waits for %v", took)
				}
				flush(t, r)
				after(time.Second)
				ticket := process(m).Password("ann", "right", lockout.Scheduled)
				ticket.Take(time.Now())
				if err := reserve(t.Context(), ticket); err == nil {
					t.Error("the record was not replaced")
				}
			})
		})
	}
}

func TestR6_CallInFlightInAnotherProcess_IsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		first := start(t, one.Password("ann", "right", lockout.Scheduled))
		second := ready(t, two.Password("ann", "right", lockout.Scheduled))
		second.Take(time.Now())
		var told error
		returned := make(chan struct{})
		go func() {
			told = reserve(t.Context(), second)
			close(returned)
		}()
		after(9 * time.Second)
		select {
		case <-returned:
			t.Fatal("does not wait:", told)
		default:
		}
		first.Done(nil)
		after(500 * time.Millisecond)
		<-returned
		if told != nil {
			t.Error(told)
		}

		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errors.New("the caller's reason"))
		defer cancel()
		start(t, one.Password("bob", "right", lockout.Scheduled))
		third := ready(t, two.Password("bob", "other", lockout.Scheduled))
		third.Take(time.Now())
		if err := reserve(ctx, third); err == nil || err.Error() != "gave up before a call with a password, which other processes may use as well: the caller's reason" {
			t.Error(err)
		}
	})
}

// A thousand callers of one process use a password that another process was
// told is wrong.
func TestK2_BlockedByAnotherProcess_CostsALoadASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		play(t, one.Password("ann", "wrong", lockout.Scheduled), wrong)
		flush(t, one)
		m.operations()
		for range 10 {
			for range 100 {
				_, err := attempt(t.Context(), two.Password("ann", "wrong", lockout.Scheduled), func() *outcome.Failure {
					t.Error("sent")
					return nil
				})
				var b *lockout.BlockedError
				if !errors.As(err, &b) || b.RetryAfter <= 0 || b.Last.Class != outcome.Rejected {
					t.Fatal(err)
				}
			}
			after(time.Second)
		}
		if loads, swaps := m.operations(); loads > 10 || swaps != 0 {
			t.Errorf("%d loads, %d swaps", loads, swaps)
		}
	})
}

// replaying is a Ledger that an attacker holds: it repeats or forgets records.
type replaying struct {
	first map[string][]byte
}

func (l *replaying) Load(_ context.Context, user string) ([]byte, time.Duration, error) {
	return l.first[user], time.Hour, nil
}

func (l *replaying) Swap(_ context.Context, user string, _, record []byte, _ time.Duration) error {
	if l.first[user] == nil {
		l.first[user] = record
	}
	return nil
}

func TestK4_ReplayedRecord_AllowsNoMoreThanThree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		accepted := &memory{}
		r := process(accepted)
		play(t, r.Password("ann", "x", lockout.Scheduled), nil)
		flush(t, r)
		l := &replaying{first: map[string][]byte{"ann": accepted.records["ann"].record}}
		r = lockout.New(lockout.Config{Ledger: l, Hash: hash})
		var sent []time.Time
		for range 180 {
			_, _ = attempt(t.Context(), r.Password("ann", "x", lockout.Forced), func() *outcome.Failure {
				sent = append(sent, time.Now())
				return wrong
			})
			after(time.Minute)
		}
		expectThreeAnHour(t, sent)
		if len(sent) < 6 {
			t.Errorf("sent %d times in three hours", len(sent))
		}
	})
}

func TestK2_CrowdOfWrongPasswords_WritesTenThousandRecordsAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		for n := range 12_000 {
			play(t, r.Password(fmt.Sprint("right", n), "x", lockout.Scheduled), nil)
		}
		flush(t, r)
		after(time.Second * 11)
		for hour := range 2 {
			for n := range 12_000 {
				play(t, r.Password(fmt.Sprint("user", hour, n), "x", lockout.Scheduled), wrong)
			}
			flush(t, r)
			after(56 * time.Minute)
			for n := range 10 {
				play(t, r.Password(fmt.Sprint("user late", hour, n), "x", lockout.Scheduled), wrong)
			}
			flush(t, r)
			if n := m.alive("user"); n != 10_000 {
				t.Errorf("%d records", n)
			}
			after(80 * time.Minute)
		}
	})
}

// alive returns how many records of users with this prefix are stored.
func (m *memory) alive(prefix string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, s := range m.records {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix && time.Until(s.end) > 0 {
			n++
		}
	}
	return n
}

func TestL1_Registry_HasNoGoroutineWhenItIsIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: time.Second / 10}
		r := process(m)
		for n := range 100 {
			ticket := ready(t, r.Password(fmt.Sprint(n), "x", lockout.Scheduled))
			ticket.Take(time.Now())
			go func() {
				if reserve(t.Context(), ticket) == nil {
					ticket.Done(nil)
				}
			}()
		}
		after(time.Second / 4)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := r.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("nothing is under way:", err)
		}
		after(time.Minute)
		flush(t, r)
		synctest.Wait() // the bubble fails if a goroutine stays
		if loads, swaps := m.operations(); loads != 100 || swaps != 200 {
			t.Errorf("%d loads, %d swaps", loads, swaps)
		}
	})
}

// A slow store makes waiting for another process no shorter.
func TestR6_CallInFlightInAnotherProcess_IsWaitedForWithASlowLedger(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 400 * time.Millisecond}
		one, two := process(m), process(m)
		first := start(t, one.Password("ann", "wrong", lockout.Scheduled))
		go func() {
			after(12 * time.Second)
			first.Done(wrong)
		}()
		second := ready(t, two.Password("ann", "wrong", lockout.Scheduled))
		second.Take(time.Now())
		var b *lockout.BlockedError
		if err := reserve(t.Context(), second); !errors.As(err, &b) || b.Last.Class != outcome.Rejected {
			t.Error("sent beside the other one:", err)
		}
	})
}

// A rejection that another process was told ends the proof.
func TestR6_RejectedByAnotherProcess_IsNoLongerProven(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		play(t, one.Password("ann", "old", lockout.Scheduled), nil)
		play(t, two.Password("ann", "old", lockout.Scheduled), nil)
		after(2 * time.Minute)
		play(t, one.Password("ann", "old", lockout.Scheduled), wrong)
		flush(t, one)
		late := two.Password("ann", "old", lockout.Scheduled)
		ready(t, late).Take(time.Now())
		var b *lockout.BlockedError
		if err := reserve(t.Context(), late); !errors.As(err, &b) || b.RetryAfter > time.Minute {
			t.Fatal(err)
		}
		late.Done(notSent)
		if !late.Once() {
			t.Error("still proven")
		}
		after(time.Minute)
		play(t, two.Password("ann", "old", lockout.Scheduled), lost)
		blocked(t, two.Password("ann", "old", lockout.Scheduled), time.Minute)
	})
}

// fresh fails the test unless a new process may send the password, or may not.
func fresh(t *testing.T, m lockout.Ledger, password string, want bool) {
	t.Helper()
	ticket := lockout.New(lockout.Config{Ledger: m, Hash: hash}).Password("ann", password, lockout.Scheduled)
	ready(t, ticket).Take(time.Now())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := reserve(ctx, ticket)
	if (err == nil) != want {
		t.Errorf("a new process may send the password: %v, want %v", err, want)
	}
}

// A password was accepted and, a moment later, rejected.
func TestR6_RejectionAfterAcceptance_IsSeenByOthersAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		play(t, r.Password("ann", "old", lockout.Scheduled), nil)
		flush(t, r)
		after(time.Second)
		play(t, r.Password("ann", "old", lockout.Scheduled), wrong)
		flush(t, r)
		fresh(t, m, "old", false)
	})
}

// The response to a call that was accepted before the change is heard after the
// rejection of another process.
func TestR6_OvertakenAcceptance_ProvesNothingToOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		for _, r := range []*lockout.Registry{one, two} {
			play(t, r.Password("ann", "old", lockout.Scheduled), nil)
			flush(t, r)
		}
		after(2 * time.Minute)
		slow := start(t, one.Password("ann", "old", lockout.Scheduled))
		after(time.Second)
		play(t, two.Password("ann", "old", lockout.Scheduled), wrong)
		flush(t, two)
		after(time.Second)
		slow.Done(nil)
		flush(t, one)
		fresh(t, m, "old", false)
	})
}

func TestR6_LostResponse_IsToldOtherwiseToOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		play(t, r.Password("ann", "right", lockout.Forced), lost)
		flush(t, r)
		fresh(t, m, "right", false)
		play(t, r.Password("ann", "right", lockout.Forced), nil)
		flush(t, r)
		after(15 * time.Second)
		fresh(t, m, "right", true)
	})
}

func TestR6_OutcomeThatCouldNotBeSaved_IsSavedLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		ticket := start(t, r.Password("ann", "right", lockout.Scheduled))
		m.set(errors.New("down"), false)
		ticket.Done(nil)
		after(time.Second)
		m.set(nil, false)
		flush(t, r)
		after(15 * time.Second)
		fresh(t, m, "right", true)
	})
}

// deaf is a Ledger that saves records, and whose responses are lost.
type deaf struct {
	memory
	now bool
}

func (d *deaf) Swap(ctx context.Context, user string, old, record []byte, ttl time.Duration) error {
	err := d.memory.Swap(ctx, user, old, record, ttl)
	if d.now {
		return errors.New("connection reset")
	}
	return err
}

func TestR6_OutcomeSavedWithoutAResponse_CountsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := &deaf{}
		r := lockout.New(lockout.Config{Ledger: d, Hash: hash})
		ticket := start(t, r.Password("ann", "wrong", lockout.Scheduled))
		d.now = true
		ticket.Done(wrong)
		flush(t, r)
		d.now = false
		after(time.Minute)
		fresh(t, d, "wrong", true)
	})
}

func TestR6_BlockedByAnotherProcess_ForcedRenewalGoesBeforeItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		one, two := process(m), process(m)
		play(t, one.Password("ann", "x", lockout.Scheduled), wrong)
		flush(t, one)
		scheduled := ready(t, two.Password("ann", "x", lockout.Scheduled))
		scheduled.Take(time.Now())
		if reserve(t.Context(), scheduled) == nil {
			t.Error("sent before its time")
		}
		scheduled.Done(notSent)
		play(t, two.Password("ann", "x", lockout.Forced), nil)
	})
}

// half is a Ledger whose Load is slow, and whose Swap never returns.
type half struct{ memory }

func (h *half) Load(ctx context.Context, user string) ([]byte, time.Duration, error) {
	after(1500 * time.Millisecond)
	return h.memory.Load(ctx, user)
}

func (*half) Swap(ctx context.Context, _ string, _, _ []byte, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestK2_SlowLedger_CostsTwoSecondsForAllOperations(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := lockout.New(lockout.Config{Ledger: &half{}, Hash: hash})
		began := time.Now()
		start(t, r.Password("ann", "right", lockout.Scheduled))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("waited for %v", took)
		}
	})
}
