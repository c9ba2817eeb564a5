package tokenservice

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// retries are the sign-outs that the service tries again by itself.
type retries struct {
	mu     sync.Mutex
	users  map[string]*retry
	nextAt atomic.Int64 // when the first one is due, in Unix nanoseconds; 0 if there is none
}

// retry is a sign-out that has failed. Its user stays in the memory of the service.
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

// add notes that a sign-out is to be tried again.
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
	r.owed, r.at = o, time.Now().Add(retryPause(r.tries))
	rs.schedule()
}

// settle notes that the sign-out of a user is not to be tried again: it is done, or
// another try would fail as well.
func (rs *retries) settle(us *users, u *user) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.users[u.name]
	if r == nil {
		return
	}
	delete(rs.users, u.name)
	us.done(r.user)
	rs.schedule()
}

// has reports whether the sign-out of a user is to be tried again.
func (rs *retries) has(u *user) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.users[u.name] != nil
}

func (rs *retries) count() int {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return len(rs.users)
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

// retrySignOuts tries sign-outs again that are due, in the background.
func (s *Service) retrySignOuts() {
	for _, r := range s.retries.take(time.Now()) {
		s.inBackground(r.user, func(ctx context.Context) {
			began := time.Now()
			err := s.signOut(ctx, r.user, &r.owed)
			e := Event{Outcome: EndedLater, User: r.user.name, Duration: time.Since(began), Err: err}
			switch {
			case s.retries.has(r.user):
				return // it is tried again
			case err != nil:
				e.Outcome = StillAlive
			}
			s.report(e)
		})
	}
}
