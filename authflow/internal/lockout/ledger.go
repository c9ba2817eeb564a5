package lockout

import (
	"context"
	"errors"
	"time"
)

// Ledger keeps the count of rejected passwords beyond the process, for a tool that
// starts each minute and for replicas of a service. Its methods are called
// concurrently. An implementation bounds the time that they take.
//
// The costs of a call with a password are:
//
//   - nothing if this process has seen the password accepted in the last minute;
//   - one Load if another process has seen it accepted in the last 10 seconds;
//   - otherwise one Load and one Swap before the call, and one Swap after it.
//
// Processes whose Ledger works keep to the rule together. One of them at a time
// sends a password that is not proven, and all of them send a wrong one 3 times in
// an hour. A proven password is in flight in at most 3 calls, unless it was
// accepted in the last minute, so that all processes together notice that it was
// changed on the server. A process that ends during its call has sent a password
// that may be wrong, so others wait for a minute after that.
//
// A call that got no response counts for an hour here, and for five minutes more
// in its own process. So a server that rejects a password minutes after its caller
// has given up may count one more rejection in an hour than the processes do.
//
// A process whose Ledger fails keeps to the rule alone. A Ledger that loses or
// repeats records brings back no more than that. One that repeats the record of a
// rejection can keep a password back for as long as it does so.
type Ledger interface {
	// Load returns the value of a user, and how much of its time to live is left by
	// the clock of the store. A nil value says that there is none.
	Load(ctx context.Context, user string) (value []byte, left time.Duration, err error)
	// Swap saves a value of a user for ttl, at most one hour, if the stored value is
	// still old; a nil old says that there was none. Otherwise it returns ErrChanged.
	Swap(ctx context.Context, user string, old, value []byte, ttl time.Duration) error
}

// ErrChanged is what [Ledger.Swap] returns if the value is not the old one.
var ErrChanged = errors.New("the value has changed")

// errFailed says that the Ledger does not work, so that the count of this process
// alone decides.
var errFailed = errors.New("the ledger failed")

const (
	ledgerTime = 2 * time.Second // for all operations that save one outcome
	maxChanged = 20              // times that Swap finds another record, before the Ledger counts as failed
)

// access is the use of the Ledger for one user by one call.
type access struct {
	*shared
	user    string
	limit   time.Duration // for all operations together
	spent   time.Duration // in operations
	changed int           // how often Swap found another record
}

// saved is a record as the Ledger has it. The value is nil if there is none.
type saved struct {
	value   []byte
	entries []entry
}

// restart begins to count the time again.
func (a *access) restart() { a.spent, a.changed = 0, 0 }

// load returns the record of the user.
func (a *access) load(ctx context.Context) (*saved, error) {
	var value []byte
	var left time.Duration
	err := a.use(ctx, func(ctx context.Context) (err error) {
		value, left, err = a.ledger.Load(ctx, a.user)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &saved{value: value, entries: parseRecord(a.open(a.user, value), left, time.Now())}, nil
}

// swap replaces the record of the user with one of these entries. It returns nil and
// no error if another process was faster. A record that it returns together with an
// error may have been saved.
func (a *access) swap(ctx context.Context, old *saved, entries []entry) (*saved, error) {
	record, ttl := formatRecord(entries, time.Now())
	value := a.seal(a.user, record)
	err := a.use(ctx, func(ctx context.Context) error {
		return a.ledger.Swap(ctx, a.user, old.value, value, ttl)
	})
	if !errors.Is(err, ErrChanged) {
		return &saved{value: value, entries: entries}, err
	}
	a.changed++
	if a.changed >= maxChanged {
		return nil, errFailed
	}
	return nil, nil
}

// use runs one operation within the time that is left for all of them.
func (a *access) use(ctx context.Context, operation func(context.Context) error) error {
	if a.spent >= a.limit {
		return errFailed
	}
	within, cancel := context.WithTimeout(ctx, a.limit-a.spent)
	defer cancel()
	began := time.Now()
	err := operation(within)
	a.spent += time.Since(began)
	if err == nil || errors.Is(err, ErrChanged) {
		return err
	}
	return errors.Join(errFailed, err)
}
