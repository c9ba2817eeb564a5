package lockout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

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

// changing is a Ledger whose record another process changes all the time. Each Swap
// takes some time.
type changing time.Duration

func (changing) Load(context.Context, string) ([]byte, time.Duration, error) { return nil, 0, nil }

func (c changing) Swap(context.Context, string, []byte, []byte, time.Duration) error {
	after(time.Duration(c))
	return lockout.ErrChanged
}

func TestK2_RecordThatAlwaysChanges_StopsNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for swap, most := range map[time.Duration]time.Duration{0: 2 * time.Second, 300 * time.Millisecond: 4 * time.Second} {
			r := lockout.New(lockout.Config{Ledger: changing(swap)})
			began := time.Now()
			play(t, r.Password("ann", "right", lockout.Scheduled), nil)
			if took := time.Since(began); took > most {
				t.Errorf("waited for %v", took)
			}
			flush(t, r)
			if r.Records() != 0 {
				t.Errorf("%d records", r.Records())
			}
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
