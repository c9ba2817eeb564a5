package lockout_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
)

// checkEligible judges what a Registry says of a call. The world is locked.
func (w *world) checkEligible(process *lockout.Registry, password string, force lockout.Force, wait time.Duration, err error) {
	now := time.Now()
	if err == nil && wait > 0 {
		inFlight := slices.ContainsFunc(w.log, func(c *call) bool { return c.process == process && c.done.IsZero() })
		if !inFlight {
			w.Errorf("at %v: %s waits, and no call is in flight", now.Sub(w.began), password)
		}
		return
	}
	if err == nil {
		return
	}
	w.checkBlocked(process, err, password, force)
}

// sharing reports whether a process may know what another one has sent.
func (w *world) sharing() bool { return w.mode != noLedger && w.mode != ledgerDown }

// checkBlocked judges whether the log explains that a password is blocked.
func (w *world) checkBlocked(process *lockout.Registry, err error, password string, force lockout.Force) {
	now := time.Now()
	var b *lockout.BlockedError
	if !errors.As(err, &b) {
		w.Errorf("at %v: %v", now.Sub(w.began), err)
		return
	}
	if b.RetryAfter <= 0 || b.Last == nil {
		w.Errorf("at %v: %s is blocked for %v by %v", now.Sub(w.began), password, b.RetryAfter, b.Last)
	}
	if !w.sharing() && w.proven(process, password) {
		w.Errorf("at %v: %s is proven, and blocked for %v", now.Sub(w.began), password, b.RetryAfter)
	}
	all, same, newest, longest := 0, 0, time.Time{}, 66*time.Minute
	if w.mode == ledgerReplaying {
		longest = playtime
	}
	for _, c := range w.log {
		counts := w.mayBeUnsaved() || c.said == wrong || c.said == lost || c.done.IsZero() || w.mayHideRejection(c)
		known := c.process == process || w.sharing()
		if !known || !counts || now.Sub(c.sent) > longest {
			continue
		}
		if c.said != wrong && w.toldOtherwise(c) && !w.mayBeUnsaved() {
			continue
		}
		all++
		if c.password == password {
			same++
			newest = c.sent
			if !c.done.IsZero() {
				newest = c.done
			}
		}
	}
	within := func(d time.Duration) bool { return now.Sub(newest) < d || w.mode == ledgerReplaying }
	switch {
	case all >= 4, same >= 3:
	case bool(force):
		w.Errorf("at %v: a forced call with %s is blocked after %d rejections, %d of it", now.Sub(w.began), password, all, same)
	case same == 2 && within(10*time.Minute+5*time.Second), same == 1 && within(time.Minute+5*time.Second):
	default:
		w.Errorf("at %v: %s is blocked for %v after %d rejections, %d of it", now.Sub(w.began), password, b.RetryAfter, all, same)
	}
}

// mayHideRejection reports whether a gateway may have answered in place of a server
// that rejected the password, because the server did so before.
func (w *world) mayHideRejection(busy *call) bool {
	return busy.said == overloaded && slices.ContainsFunc(w.log, func(c *call) bool {
		known := c.process == busy.process || w.sharing()
		return known && c.said == wrong && c.password == busy.password && c.done.Before(busy.done)
	})
}

// mayBeUnsaved reports whether the Ledger may still count a call that turned out
// well, because it failed, or because it repeats an old record.
func (w *world) mayBeUnsaved() bool {
	switch w.mode {
	case ledgerReplaying, ledgerDeleting, ledgerSlow, ledgerFlapping:
		return true
	}
	return false
}

// toldOtherwise reports whether the process of a lost call later saw its password
// accepted.
func (w *world) toldOtherwise(lost *call) bool {
	return slices.ContainsFunc(w.log, func(c *call) bool {
		answered := !c.done.IsZero() && c.said == nil && c.process == lost.process
		return answered && c.password == lost.password && c.sent.After(lost.done) && !w.overtaken(c)
	})
}

// overtaken reports whether a rejection was heard while the accepted call was in
// flight.
func (w *world) overtaken(accepted *call) bool {
	return slices.ContainsFunc(w.log, func(c *call) bool {
		same := c.process == accepted.process && c.password == accepted.password && c.said == wrong
		return same && c.done.After(accepted.sent) && !c.done.After(accepted.done)
	})
}

// checkReserve judges an error of Reserve: the call is blocked because of other
// processes, or it waited for one until its time was up.
func (f *flow) checkReserve(c *call, force lockout.Force, err error, within context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b *lockout.BlockedError
	if errors.As(err, &b) {
		f.checkBlocked(c.process, err, c.password, force)
		return
	}
	if within.Err() == nil {
		f.Errorf("at %v: not sent, because of %v", time.Since(f.began), err)
	}
}

// promised reports whether the package promises that the server's count bears this
// rejection. It does not for a password that was accepted a moment ago, and not
// for a proven one whose response is lost.
func (c *call) promised() bool {
	if c.recent {
		return false
	}
	return !c.proven || c.said == wrong
}

// judge looks at what the server has counted in all.
func (w *world) judge() {
	groups := map[*lockout.Registry][]*call{}
	for _, c := range w.log {
		if c.rejected.IsZero() || !c.promised() {
			continue
		}
		group := c.process
		if w.mode == ledgerUp {
			group = nil // all count together
		}
		groups[group] = append(groups[group], c)
	}
	for _, calls := range groups {
		w.judgeGroup(calls)
	}
}

func (w *world) judgeGroup(calls []*call) {
	slices.SortFunc(calls, func(a, b *call) int { return a.rejected.Compare(b.rejected) })
	byPassword := map[string][]*call{}
	for _, c := range calls {
		byPassword[c.password] = append(byPassword[c.password], c)
	}
	w.expectAtMost(4, calls, func(c *call) bool { return !c.proven })
	for _, list := range byPassword {
		w.expectAtMost(3, list, func(*call) bool { return true })
	}
}

// expectAtMost fails if more than most of the rejections fell in an hour, of which
// the last one counts.
func (w *world) expectAtMost(most int, calls []*call, counts func(*call) bool) {
	for i := most; i < len(calls); i++ {
		within := calls[i].rejected.Sub(calls[i-most].rejected)
		if within >= time.Hour || !counts(calls[i]) {
			continue
		}
		for _, c := range calls[i-most : i+1] {
			w.Errorf("%s sent at %v, proven %v, rejected at %v, heard %v", c.password, c.sent.Sub(w.began), c.proven, c.rejected.Sub(w.began), c.said == wrong)
		}
		w.Errorf("%d rejections within %v", most+1, within)
		return
	}
}

// hostile is a Ledger that a schedule can make fail.
type hostile struct {
	memory
	mode ledgerMode

	mu   sync.Mutex
	rand *rand.Rand
	past []stored
}

var errDown = errors.New("down")

// fails reports whether the next operation fails, after what time.
func (h *hostile) fails(ctx context.Context) error {
	h.mu.Lock()
	draw := h.rand.IntN(100)
	h.mu.Unlock()
	switch {
	case h.mode == ledgerDown:
		return errDown
	case h.mode == ledgerSlow:
		return sleepFor(ctx, time.Duration(draw)*30*time.Millisecond)
	case h.mode == ledgerFlapping && draw < 40:
		return errDown
	}
	return nil
}

func (h *hostile) Load(ctx context.Context, user string) ([]byte, time.Duration, error) {
	if err := h.fails(ctx); err != nil {
		return nil, 0, err
	}
	record, left, err := h.memory.Load(ctx, user)
	h.mu.Lock()
	defer h.mu.Unlock()
	draw := h.rand.IntN(100)
	switch {
	case h.mode == ledgerDeleting && draw < 30:
		return nil, 0, nil
	case h.mode == ledgerReplaying && draw < 50 && len(h.past) > 0:
		old := h.past[h.rand.IntN(len(h.past))]
		return old.record, time.Hour, nil
	}
	return record, left, err
}

func (h *hostile) Swap(ctx context.Context, user string, old, record []byte, ttl time.Duration) error {
	if err := h.fails(ctx); err != nil {
		return err
	}
	err := h.memory.Swap(ctx, user, old, record, ttl)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.past = append(h.past, stored{record: bytes.Clone(record)})
	if h.mode == ledgerReplaying || h.mode == ledgerDeleting {
		return nil
	}
	return err
}
