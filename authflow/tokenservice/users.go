package tokenservice

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// users are the users that the service remembers. A user with a request in progress, or
// with tokens that a sign-out is still to end, stays. Other users are forgotten when they
// have been idle for too long; if there are too many, the least recently used one first.
type users struct {
	idle time.Duration
	max  int
	make func(name string) *user

	mu    sync.Mutex
	inUse map[string]*user
	rest  *simplelru.LRU[string, *user] // the least recently used first
	lost  lost
}

func newUsers(most int, idle time.Duration, newUser func(name string) *user) (*users, error) {
	rest, err := simplelru.NewLRU[string, *user](most, nil)
	return &users{
		idle: idle, max: most, make: newUser, inUse: make(map[string]*user), rest: rest,
		lost: lost{seed: maphash.MakeSeed(), max: most},
	}, err
}

// use returns a user, who stays until done is called.
func (us *users) use(name string) *user {
	us.mu.Lock()
	defer us.mu.Unlock()
	now := time.Now()
	us.forgetIdle(now)
	key := userKey(name)
	u := us.inUse[key]
	if u == nil {
		u, _ = us.rest.Peek(key)
		us.rest.Remove(key)
	}
	if u == nil {
		u = us.make(name)
	}
	us.inUse[key] = u
	u.uses++
	return u
}

// done ends a use.
func (us *users) done(u *user) {
	us.mu.Lock()
	defer us.mu.Unlock()
	u.uses--
	if u.uses > 0 {
		return
	}
	u.lastUse = time.Now()
	delete(us.inUse, userKey(u.name))
	for us.rest.Len() > 0 && us.rest.Len()+len(us.inUse) >= us.max {
		us.forgetOldest()
	}
	us.rest.Add(userKey(u.name), u)
}

// forgetIdle forgets the users that have been idle for too long.
func (us *users) forgetIdle(now time.Time) {
	for {
		_, u, ok := us.rest.GetOldest()
		if !ok || now.Sub(u.lastUse) < us.idle {
			return
		}
		us.forgetOldest()
	}
}

func (us *users) forgetOldest() {
	_, u, ok := us.rest.RemoveOldest()
	if ok {
		us.lost.add(u.name, u.unrecordedUntil(), time.Now())
	}
}

// lostUntil returns when the last token expires that the service handed out to a user,
// and has forgotten together with the user.
func (us *users) lostUntil(name string) time.Time {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.lost.until(name, time.Now())
}

// settleLost notes that all tokens of a user have ended.
func (us *users) settleLost(name string) {
	us.mu.Lock()
	defer us.mu.Unlock()
	us.lost.settle(name)
}

func (us *users) count() int {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.rest.Len() + len(us.inUse)
}

// lost says when the last token of each forgotten user expires, so that a later sign-out
// of the user can say that tokens may be alive. A user takes about 16 bytes.
type lost struct {
	seed  maphash.Seed
	max   int
	users map[uint64]time.Time // by a hash of the name
	rest  time.Time            // for users who did not fit
}

func (l *lost) add(name string, until, now time.Time) {
	if !until.After(now) {
		return
	}
	if len(l.users) >= l.max {
		for hash, end := range l.users {
			if !end.After(now) {
				delete(l.users, hash)
			}
		}
	}
	if len(l.users) >= l.max {
		l.rest = latest(l.rest, until)
		return
	}
	if l.users == nil {
		l.users = make(map[uint64]time.Time)
	}
	hash := maphash.String(l.seed, userKey(name))
	l.users[hash] = latest(l.users[hash], until)
}

func (l *lost) until(name string, now time.Time) time.Time {
	until := latest(l.users[maphash.String(l.seed, userKey(name))], l.rest)
	if !until.After(now) {
		return time.Time{}
	}
	return until
}

func (l *lost) settle(name string) { delete(l.users, maphash.String(l.seed, userKey(name))) }

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
