package tokenservice

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// retries are what the service owes to users and tries again by itself: sign-outs that
// have failed, and tokens that could not be recorded in the Store.
type retries struct {
	mu     sync.Mutex
	users  map[string]*retry
	nextAt atomic.Int64 // when the first one is due, in Unix nanoseconds; 0 if there is none
}

// retry is the debt to a user, who stays in the memory of the service.
type retry struct {
	user  *user
	owed  owed
	tries int
	at    time.Time // of the next try; zero while one is in progress
}

const (
	firstRetry = 10 * time.Second // doubled each time
	lastRetry  = 10 * time.Minute
	// maxRetries bounds the users whose sign-out is tried again. For others, the next
	// call of Forget continues.
	maxRetries = 10_000
	// retriesAtOnce bounds the sign-outs that one request begins.
	retriesAtOnce = 4
)

// retryPause returns the pause before a try. There are ten in the first hour: after 10,
// 30, 70, 150, 310 and 630 s, and then every 10 minutes.
func retryPause(tries int) time.Duration { return min(firstRetry<<min(tries, 10), lastRetry) }

// add notes a debt to a user. The debt of a later sign-out replaces the one of an earlier
// sign-out; the earlier one adds to it.
func (rs *retries) add(us *users, u *user, o owed) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.users[u.name]
	if r == nil {
		if len(rs.users) >= maxRetries {
			return
		}
		r = &retry{user: us.use(u.name)}
		if rs.users == nil {
			rs.users = make(map[string]*retry)
		}
		rs.users[u.name] = r
	}
	before := r.owed
	if o.at.Before(before.at) {
		o.at, o.inStore, o.everywhere = before.at, o.inStore || before.inStore, o.everywhere || before.everywhere
	}
	o.tokens, o.recording = o.tokens || before.tokens, o.recording || before.recording
	r.owed, r.at = o, time.Now().Add(retryPause(r.tries))
	rs.schedule()
}

// settle notes that a sign-out is not to be tried again: it is done, or another try would
// fail as well. It leaves a later sign-out alone, and, if others says so, tokens that
// arrived after this one had looked for them.
func (rs *retries) settle(us *users, u *user, at time.Time, others bool) {
	rs.change(us, u, func(o *owed) {
		if !at.Before(o.at) {
			*o = owed{recording: o.recording, tokens: o.tokens && others}
		}
	})
}

// recorded notes that all tokens of a user are recorded.
func (rs *retries) recorded(us *users, u *user) {
	rs.change(us, u, func(o *owed) { o.recording = false })
}

// change revises the debt to a user, and forgets the user if there is none any more.
func (rs *retries) change(us *users, u *user, revise func(*owed)) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.users[u.name]
	if r == nil {
		return
	}
	revise(&r.owed)
	switch {
	case r.owed.isNothing():
		delete(rs.users, u.name)
		us.done(r.user)
	case r.at.IsZero():
		r.at = time.Now().Add(retryPause(r.tries))
	}
	rs.schedule()
}

// owesSignOut reports whether a sign-out of a user is to be tried again.
func (rs *retries) owesSignOut(u *user) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.users[u.name]
	return r != nil && r.owed.isSignOut()
}

// count returns the number of sign-outs that are to be tried again.
func (rs *retries) count() (n int) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.users {
		if r.owed.isSignOut() {
			n++
		}
	}
	return n
}

// schedule notes when the next try is due. The caller holds the lock.
func (rs *retries) schedule() {
	var next int64
	for _, r := range rs.users {
		at := r.at.UnixNano()
		if !r.at.IsZero() && (next == 0 || at < next) {
			next = at
		}
	}
	rs.nextAt.Store(next)
}

// take returns some of the sign-outs that are due. It costs a request nothing while no
// sign-out is due.
func (rs *retries) take(now time.Time) (due []retry) {
	next := rs.nextAt.Load()
	if next == 0 || now.UnixNano() < next {
		return nil
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.users {
		if r.at.IsZero() || r.at.After(now) || len(due) == retriesAtOnce {
			continue
		}
		r.at, r.tries = time.Time{}, r.tries+1
		due = append(due, *r)
	}
	rs.schedule()
	return due
}

// retry begins the tries that are due, in the background.
func (s *Service) retry() {
	for _, r := range s.retries.take(time.Now()) {
		s.inBackground(r.user, func(ctx context.Context) {
			if r.owed.recording {
				s.recordRest(ctx, r.user)
			}
			if r.owed.isSignOut() {
				s.retrySignOut(ctx, r.user, r.owed)
			}
		})
	}
}

func (s *Service) retrySignOut(ctx context.Context, u *user, o owed) {
	began := time.Now()
	var err error
	if o.at.IsZero() {
		err = s.revokeEnding(ctx, u)
	} else {
		err = s.signOut(ctx, u, &o)
	}
	if s.retries.owesSignOut(u) {
		return // it is tried again
	}
	e := Event{Outcome: EndedLater, User: u.name, Duration: time.Since(began), Err: err}
	if err != nil {
		e.Outcome = StillAlive
	}
	s.report(e)
}
