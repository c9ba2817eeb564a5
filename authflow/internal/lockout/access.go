package lockout

import (
	"context"
	"errors"
	"time"
)

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
	if a.changed == 1 {
		a.spent = 0 // the Ledger works: another process was faster
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
