package lockout_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// A tool that ends right after its call has told the next process the outcome.
func TestR6_OutcomeThatWasFlushed_IsKnownToTheNextProcess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			outcome *outcome.Failure
			want    byte // kind of the only entry, in the high bits
		}{
			"accepted": {nil, 3}, "rejected": {wrong, 2}, "no response": {lost, 1},
		} {
			m := &memory{latency: 100 * time.Millisecond}
			for range 2 {
				r := process(m)
				ticket := start(t, r.Password("ann", "secret", lockout.Forced))
				began := time.Now()
				ticket.Done(c.outcome)
				ticket.Flush(t.Context())
				ticket.Flush(t.Context())
				if took := time.Since(began); took != m.latency {
					t.Errorf("%s: saved after %v", name, took)
				}
				m.mu.Lock()
				record := m.records["ann"].record
				if kind := record[len(record)-5] >> 4; kind != c.want {
					t.Errorf("%s: the record says %d, want %d", name, kind, c.want)
				}
				m.mu.Unlock()
				after(time.Minute)
			}
		}
	})
}

func TestK2_FlushWithoutALedgerThatAnswers_EndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		r := process(m)
		ticket := start(t, r.Password("ann", "secret", lockout.Scheduled))
		m.set(nil, true)
		ticket.Done(nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		ticket.Flush(ctx)
		if took := time.Since(began); took != time.Second {
			t.Errorf("returned after %v", took)
		}
		again := start(t, r.Password("ann", "secret", lockout.Scheduled)) // proven, so it is not counted in the Ledger
		again.Done(nil)
		began = time.Now()
		again.Flush(t.Context())
		if took := time.Since(began); took > 0 {
			t.Errorf("waited for nothing for %v", took)
		}
		m.set(nil, false)
		flush(t, r)
	})
}

// The operations of a call take no longer than the caller has time for, and a wait
// for another process is not one of them.
func TestK2_Reserve_KeepsToItsLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		m.set(nil, true)
		for _, limit := range []time.Duration{0, time.Second, 3 * time.Second} {
			ticket := ready(t, process(m).Password("ann", "secret", lockout.Scheduled))
			ticket.Take(time.Now())
			began := time.Now()
			spent, err := ticket.Reserve(t.Context(), limit)
			if took := time.Since(began); err != nil || spent != limit || took != limit {
				t.Errorf("limit %v: took %v, spent %v, %v", limit, took, spent, err)
			}
			ticket.Done(notSent)
		}
		m.set(nil, false)
		m.latency = 10 * time.Millisecond
		first := start(t, process(m).Password("ann", "secret", lockout.Scheduled))
		second := ready(t, process(m).Password("ann", "secret", lockout.Scheduled))
		second.Take(time.Now())
		go func() {
			after(10 * time.Second)
			first.Done(nil)
		}()
		began := time.Now()
		spent, err := second.Reserve(t.Context(), 100*time.Millisecond)
		if took := time.Since(began); err != nil || took < 10*time.Second || spent > 50*time.Millisecond {
			t.Errorf("waited for %v, spent %v, %v", took, spent, err)
		}
		second.Done(nil)
	})
}

// A Ledger has sealed records. One that belongs to another user counts for nothing,
// and is replaced.
func TestK4_SealedRecord_CountsForItsUserAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		config := lockout.Config{
			Ledger: m, Hash: hash,
			Seal: func(user string, text []byte) []byte { return append([]byte("sealed for "+user+": "), text...) },
			Open: func(user string, value []byte) []byte {
				text, ok := bytes.CutPrefix(value, []byte("sealed for "+user+": "))
				if !ok {
					return nil
				}
				return text
			},
		}
		for range 3 {
			play(t, lockout.New(config).Password("ann", "wrong", lockout.Forced), wrong)
			after(time.Second)
		}
		isBlocked := func(user string) bool {
			ticket := ready(t, lockout.New(config).Password(user, "wrong", lockout.Forced))
			ticket.Take(time.Now())
			err := reserve(t.Context(), ticket)
			ticket.Done(notSent)
			return err != nil
		}
		if !isBlocked("ann") {
			t.Error("the record of ann counts for nothing")
		}
		m.mu.Lock()
		m.records["bob"] = m.records["ann"]
		m.mu.Unlock()
		if isBlocked("bob") {
			t.Error("the record of ann counts for bob")
		}
		after(time.Second)
		m.mu.Lock()
		defer m.mu.Unlock()
		if !bytes.HasPrefix(m.records["bob"].record, []byte("sealed for bob: ")) {
			t.Errorf("bob has %q", m.records["bob"].record)
		}
	})
}
