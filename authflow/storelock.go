package authflow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

const (
	// lockPoll is how often the Store is looked at while a lock is waited for: its
	// holder may have saved the token and then died.
	lockPoll = 250 * time.Millisecond
	// firstLook is how long the first look may take, which waits for others in a crowd.
	// The rest of storeTime is for another look when the turn of the request comes, and
	// for saving the token.
	firstLook = storeTime * 3 / 4
	// lastLook is the part of storeTime that the wait for a lock leaves for another
	// look at a Store nearby, also when the turn of the request comes. It is so short
	// that a token that takes 1.9 s is not requested twice.
	lastLook = 50 * time.Millisecond
	// longestLook is the longest such part for a Store that is slow: in a crowd at the
	// start, the first look is much slower than the looks that follow.
	longestLook = 400 * time.Millisecond
	// countTime is the part of storeTime that the wait for a lock leaves for counting
	// the call while the password is not proven: without the count, each process would
	// send a wrong password 3 times (R6).
	countTime = time.Second
	// lockIsSure is how long a process that took the lock is surely the only one
	// that requests a token: after it, the Store is looked at before each call.
	lockIsSure = time.Second
)

// loadOrLock returns a token that another process has saved, or takes the lock. It
// looks at the Store also while it waits for the lock, and goes without the lock if
// the wait is long, or if a crowd uses the Store.
func (a *acquisition) loadOrLock(ctx context.Context) *lease {
	began, left := time.Now(), a.storeTimeLeft
	l := a.lookFirst(ctx)
	took := time.Since(began)
	if l != nil || a.entry.isCrowded() {
		return l
	}
	wait := left - took - a.timeAfterLock(took)
	if wait <= 0 {
		return nil
	}
	waiting, cancel := context.WithDeadline(ctx, earlier(time.Now().Add(wait), a.flight.Patience()))
	defer cancel()
	a.lock = a.entry.lock(waiting, a.entry.lockName, a.lockLife())
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for {
		isOver := a.awaitLock(waiting, poll.C) || a.isImpatient()
		a.storeTimeLeft = left - time.Since(began)
		l = a.load(ctx)
		if l != nil || isOver {
			return l
		}
	}
}

// lockLife is how long a lock lasts that is not given back, because its holder has
// died. It covers all attempts of an acquisition, so that a lock expires before its
// token arrives only if the request waits in the rate-limit queue as well.
func (a *acquisition) lockLife() time.Duration { return a.cluster.policy.Timeout }

// isImpatient reports whether a caller that waits for the flight, perhaps one that
// joined it later, has spent a quarter of its time: with 2 s left it would rather have
// the token from the server than wait for another process.
func (a *acquisition) isImpatient() bool {
	patience := a.flight.Patience()
	return !patience.IsZero() && !time.Now().Before(patience)
}

// earlier returns the earlier one of two times, the second of which may be zero.
func earlier(t, optional time.Time) time.Time {
	if optional.IsZero() || t.Before(optional) {
		return t
	}
	return optional
}

// timeAfterLock returns how much of storeTime waiting for a lock leaves, after a look
// that took so long.
func (a *acquisition) timeAfterLock(took time.Duration) time.Duration {
	look := max(lastLook, 2*took)
	if !a.byKey && a.ticket().Once() {
		return look + countTime
	}
	return min(look, longestLook)
}

// lookFirst is load at the beginning, with a limit for crowds.
func (a *acquisition) lookFirst(ctx context.Context) *lease {
	ctx, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	return a.load(ctx)
}

// awaitLock waits for the lock until waiting ends, or until it is time to look at the
// Store again. It reports whether the wait for the lock is over.
func (a *acquisition) awaitLock(waiting context.Context, lookAgain <-chan time.Time) (isOver bool) {
	select {
	case lock := <-a.lock:
		a.lock <- lock // for unlockStore
		switch {
		case lock.err == nil:
			a.lockedAt = time.Now()
		case errors.Is(lock.err, errLockHeld):
			<-waiting.Done() // its holder may save the token in the last moment
		case isStoreFailure(lock.err):
			a.report(storeFailed("Lock", lock.err))
		}
		return true
	case <-lookAgain:
		return false
	}
}

// unlockStore gives the lock back, if there is one, without waiting for that. It
// reports a lock that has expired in the meantime.
func (a *acquisition) unlockStore() {
	if a.lock == nil {
		return
	}
	hasExpired, after := a.hasLockExpired(), time.Since(a.lockedAt)
	go func() {
		giveBack(a.lock)
		if !hasExpired {
			return
		}
		_ = renewal.Guard(func() error { // nobody can be told of a panic of the observer
			a.report(Event{Kind: LockExpired, Reason: fmt.Sprintf("given back after %v, and lasts for %v", after, a.lockLife())})
			return nil
		})
	}()
}

// hasLockExpired reports whether the lock was taken and lasts no longer.
func (a *acquisition) hasLockExpired() bool {
	return !a.lockedAt.IsZero() && time.Since(a.lockedAt) >= a.lockLife()
}

// mintedMeanwhile returns what another process has saved while this request
// waited for its turn, or nil. While this process holds the lock, another one saves
// nothing, unless the wait was so long that the lock has expired. A lock that expired
// in the queue is not held any more: looking at the Store takes its place.
func (a *acquisition) mintedMeanwhile(ctx context.Context) *lease {
	if a.hasLockExpired() {
		a.lockedAt = time.Time{}
	}
	isAlone := time.Since(a.lockedAt) <= lockIsSure
	if a.entry == nil || isAlone {
		return nil
	}
	return a.load(ctx)
}
