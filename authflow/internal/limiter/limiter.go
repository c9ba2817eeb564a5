// Package limiter is the queue before the server. Everything that a Cluster
// sends on its own behalf, mints and revocations, waits here for its turn:
//
//	permit, err := l.Acquire(ctx, limiter.Request{Principal: "ann", Attempt: 1})
//	if err != nil {
//		return err // a *QueueError says what failed and when to try again
//	}
//	verdict := permit.Done(send()) // nil, or the *outcome.Failure
//
// The limiter keeps the calls to a rate, divides the rate fairly among the
// principals, and is the circuit breaker: while nobody succeeds, the calls come
// out of a small budget. An outcome is evidence about the principal that it
// belongs to. It never makes another principal fail, or wait longer than one
// request of each other principal in the queue.
package limiter

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// Config says what a [Limiter] keeps to. It is not changed after [New].
type Config struct {
	// Rate is how many calls a second are sent at most. 0 means no limit.
	Rate float64
	// Burst is how many calls may be sent at once after a quiet time.
	Burst int
	// Timeout bounds the time from the first failure of an outage until each waiting
	// caller gets an error. 0 means 30 seconds.
	Timeout time.Duration
	// MaxAttempts is how many attempts a flight makes. 0 means 3.
	MaxAttempts int
	// Reserve takes the next n turns of a rate that several processes share. The
	// first turn may be used after wait, the turn with index i after wait + i/Rate.
	// A negative wait says how much of the burst is left. If Reserve fails, the
	// limiter keeps to Rate by itself and tries again after a pause. nil means that
	// the process has the rate to itself.
	//
	// Reserve is called from a goroutine of the limiter and without its lock, by
	// one goroutine at a time. It must not panic and must return soon after ctx
	// ends.
	Reserve func(ctx context.Context, n int) (wait time.Duration, err error)
}

// Urgency says which requests a [Request] stands behind.
type Urgency uint8

// The urgencies.
const (
	// Caller: a caller waits for the response.
	Caller Urgency = iota
	// Ahead: a renewal ahead of time. It stands behind every waiting caller until
	// its Promote time.
	Ahead
	// Revocation: a token is to be revoked. Revocations go first, but take at most
	// half of the rate while a caller waits.
	Revocation
)

// Request describes a call that is to be sent.
type Request struct {
	// Principal is the user and Org that the call is made for.
	Principal string
	// Group is the secret and Org that the call is made with. The groups take
	// turns, so that a few users of one Org do not stand behind thousands of
	// another.
	Group string
	// Urgency says which requests this one stands behind.
	Urgency Urgency
	// Promote is when an Ahead request begins to count as a waiting caller. The
	// zero time means never.
	Promote time.Time
	// Hurry is closed when a caller begins to wait for an Ahead request, which counts
	// as a waiting caller from then on. nil means that no caller will.
	Hurry <-chan struct{}
	// Renewal says that the principal holds a lease that is alive. Renewals take
	// turns with newcomers, so that a crowd of newcomers ends no lease in use.
	Renewal bool
	// Expires is when the lease of a Renewal expires; the zero time means never.
	Expires time.Time
	// Attempt is the number of the attempt within its flight, from 1.
	Attempt int
	// Ticket decides when the password or key may be sent; nil means at any time.
	Ticket Ticket
	// Wanted reports whether a caller still waits for the response; nil means that
	// one does. It is called with the limiter's lock held when the turn of the
	// request has come, so it must not call the limiter. A request without a waiting
	// caller uses up no turn.
	Wanted func() bool
}

// Ticket says whether a password or key may be sent now. Its methods are called
// with the limiter's lock held. They must neither block nor call the limiter.
type Ticket interface {
	// Eligible returns how long the request has to wait, or why it fails at once.
	// A request that has to wait uses up no turn. Eligible is called again when the
	// wait is over, when a call of the same group is done, and once a second.
	Eligible(now time.Time) (wait time.Duration, err error)
	// Take is called when the request is sent.
	Take(now time.Time)
}

// Limiter is the queue before the server. It is safe for concurrent use, and has
// no goroutine and no timer while nobody waits.
type Limiter struct {
	config Config

	mu         sync.Mutex // held for moments; nothing waits under it
	random     *rand.Rand
	queue      queue
	principals principals
	budget     budget
	outage     outage
	pace       pace
	shared     shared
	timer      *time.Timer // calls dispatch for the next event; nil if there is none
	wakeAt     time.Time   // when timer fires
	outcomes   [Revocation + 1][outcome.Classes]uint64

	lastWasRevocation bool // whether the last turn was a revocation's
	nextIsRandom      bool // whether the next newcomer in scarcity is one at random
}

// New returns a Limiter that keeps to config.
func New(config Config) *Limiter {
	if config.Timeout <= 0 {
		config.Timeout = 30 * time.Second
	}
	if config.MaxAttempts <= 0 {
		config.MaxAttempts = 3
	}
	config.Rate, config.Burst = max(config.Rate, 0), max(config.Burst, 1)
	l := &Limiter{config: config, random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
	l.queue = newQueue()
	l.budget = newBudget()
	l.pace = newPace(config.Rate, config.Burst)
	l.shared = newShared(config)
	l.principals = newPrincipals()
	return l
}

// Acquire waits for the turn of a request. The caller must end the Permit with
// Done or Cancel. A Permit that was granted in the moment in which ctx ended is
// returned nevertheless, because its Ticket has been taken.
//
// The error is a *[QueueError] with what failed and when to try again, the error
// of the Ticket, or [ErrUnwanted].
func (l *Limiter) Acquire(ctx context.Context, r Request) (*Permit, error) {
	if ctx.Err() != nil {
		return nil, l.tooLate(r, context.Cause(ctx))
	}
	e := l.enter(r)
	select {
	case <-e.decided:
		return e.permit, e.err
	case <-ctx.Done():
	case <-r.Hurry:
		l.hurry(e)
		select {
		case <-e.decided:
			return e.permit, e.err
		case <-ctx.Done():
		}
	}
	l.giveUp(e, context.Cause(ctx))
	return e.permit, e.err
}

// hurry makes a renewal ahead of time a waiting caller.
func (l *Limiter) hurry(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.isDecided() || e.place.kind != ahead {
		return
	}
	l.queue.promoteEntry(e, time.Now())
	l.dispatch()
}

// enter puts a request into the queue, and dispatches it at once if it is due.
func (l *Limiter) enter(r Request) *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.principals.forgetOld(now)
	e := &entry{request: r, arrived: now, decided: make(chan struct{})}
	who := l.principals.get(r.Principal)
	l.queue.add(e, who, now)
	l.tellHeld(who, now)
	l.dispatch()
	return e
}

// giveUp ends the wait of an entry whose context has ended, unless it has been
// decided in the meantime.
func (l *Limiter) giveUp(e *entry, cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.isDecided() {
		return
	}
	err := l.queueError(e.place.principal, l.queue.behind(e), time.Now())
	err.Err = cause
	l.fail(e, err)
	l.dispatch()
}

// tooLate is the error of a request whose context had ended before Acquire.
func (l *Limiter) tooLate(r Request, cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.queueError(l.principals.find(r.Principal), l.queue.waiting.Len(), time.Now())
	err.Err = cause
	return err
}
