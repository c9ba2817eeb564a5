package authflow

import (
	"context"
	"errors"
	"time"
)

const (
	// lockLimit is how long a lock lasts whose holder has died.
	lockLimit = 5 * time.Second
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
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	a.lock = a.entry.lock(waiting, a.entry.lockName)
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for {
		isOver := a.awaitLock(waiting, poll.C)
		a.storeTimeLeft = left - time.Since(began)
		l = a.load(ctx)
		if l != nil || isOver {
			return l
		}
	}
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

// unlockStore gives the lock back, if there is one, without waiting for that.
func (a *acquisition) unlockStore() {
	if a.lock != nil {
		go giveBack(a.lock)
	}
}

// mintedMeanwhile returns what another process has saved while this request
// waited for its turn, or nil. While this process holds the lock, another one saves
// nothing, unless the wait was so long that the lock has expired.
func (a *acquisition) mintedMeanwhile(ctx context.Context) *lease {
	isAlone := time.Since(a.lockedAt) <= lockIsSure
	if a.entry == nil || isAlone {
		return nil
	}
	return a.load(ctx)
}
