package tokenservice

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// account is what is remembered of a user: the limit, and a seat for each
// request of late. A user has one for each set of rules, mostly a single one.
type account struct {
	limiter *rate.Limiter

	mu        sync.Mutex
	forgotten uint64  // the number of the last Forget
	seats     []*seat // the one used last at the end
}

// maxSeats is how many requests of a user are remembered. An application whose
// requests differ each time takes no more room by it.
const maxSeats = 16

// seat is what belongs to one request of one user. The fields are guarded by the
// account's mu.
type seat struct {
	sum   [sha256.Size]byte
	flows [2]*authflow.Flow // with provisioning, and for a user who is known
	known bool              // the user is there, as the request describes
	last  *authflow.Token   // the one handed out last, if that is of use
	since time.Time         // when last came

	turn chan struct{} // is held by who mints, where tokens are shared; else nil
}

// errForgotten is for those who asked before the user was forgotten. The
// application may decide otherwise when it is asked again.
var errForgotten = errors.New("tokenservice: the user's tokens were ended meanwhile")

// account returns that of a user, which is made when it is first needed.
func (s *Service) account(user string) *account {
	if a, ok := s.accounts.GetIfPresent(user); ok {
		return a
	}
	a, _ := s.accounts.ComputeIfAbsent(user, func() (*account, bool) {
		return &account{limiter: s.perUser.limiter()}, false
	})
	return a
}

// takeSeat finds that of the request, or makes it.
func (k *ask) takeSeat() {
	a := k.account
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.seats, func(s *seat) bool { return s.sum == k.req.sum })
	if i < 0 {
		if k.seat = (&seat{sum: k.req.sum}); k.service.reuse > 0 {
			k.seat.turn = make(chan struct{}, 1)
		}
		if len(a.seats) >= maxSeats {
			a.seats = slices.Delete(a.seats, 0, 1)
		}
	} else {
		k.seat = a.seats[i]
		a.seats = slices.Delete(a.seats, i, i+1)
	}
	a.seats = append(a.seats, k.seat)
}

// stale reports whether the user was forgotten after the ask began. The caller
// holds the account's mu.
func (k *ask) stale() bool { return k.number < k.account.forgotten }

// flow returns the Flow to mint with, and whether it takes the user for known.
func (k *ask) flow() (f *authflow.Flow, known bool, err error) {
	k.account.mu.Lock()
	defer k.account.mu.Unlock()
	if k.stale() {
		return nil, false, errForgotten
	}
	i := 0
	if known = k.seat.known && k.req.provisions; known {
		i = 1
	}
	if k.seat.flows[i] == nil {
		k.seat.flows[i], err = k.req.flow(k.service.cluster, known)
	}
	return k.seat.flows[i], known, err
}

// learn remembers whether the user is there.
func (k *ask) learn(known bool) {
	k.account.mu.Lock()
	defer k.account.mu.Unlock()
	k.seat.known = known
}

// recent returns the token handed out last, if it is not older than age and lives
// for as long as is wanted.
func (k *ask) recent(age, life time.Duration) (authflow.Token, bool) {
	k.account.mu.Lock()
	defer k.account.mu.Unlock()
	t := k.seat.last
	if t == nil || k.stale() || time.Since(k.seat.since) > age || !lives(*t, life) {
		return authflow.Token{}, false
	}
	return *t, true
}

// hand lets a new token out, unless the user was forgotten meanwhile.
func (k *ask) hand(t authflow.Token) error {
	k.account.mu.Lock()
	defer k.account.mu.Unlock()
	if k.stale() {
		return errForgotten
	}
	if k.service.reuse > 0 || k.service.isStaleAllowed {
		k.seat.last, k.seat.since = &t, time.Now()
	}
	return nil
}

// lives reports whether a token may be used for d yet.
func lives(t authflow.Token, d time.Duration) bool {
	return t.Deadline.IsZero() || time.Until(t.Deadline) >= max(d, 1)
}

// Forget ends all tokens of a user that the service has handed out and that are
// alive, because the user has left or has other rules now. Who asked before gets
// none any more; who asks afterwards is asked about again. It waits as
// [authflow.Flow.Logout] does, and its error says what could not be ended.
//
// It ends nothing that another process has handed out, nor for a user who was
// forgotten, see [WithMaxUsers], [WithIdle], and not what came with more than 16
// other sets of rules since.
func (s *Service) Forget(ctx context.Context, user string) error {
	a := s.account(user)
	a.mu.Lock()
	a.forgotten = s.asks.Add(1)
	seats := a.seats
	a.seats = nil
	var flows []*authflow.Flow
	for _, seat := range seats {
		for _, f := range seat.flows {
			if f != nil {
				flows = append(flows, f)
			}
		}
	}
	a.mu.Unlock()
	var failed []error
	for _, f := range flows {
		if err := f.Logout(ctx); err != nil && !errors.Is(err, authflow.ErrClosed) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
