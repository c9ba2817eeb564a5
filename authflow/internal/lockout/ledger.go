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
//   - nothing if this process has seen the password accepted in the last 10 seconds;
//   - one Load if another process has;
//   - otherwise one Load and one Swap before the call, and one Swap after it.
//
// Processes whose Ledger works keep to the rule together. One of them at a time
// sends a password that is not proven, and all of them send a wrong one 3 times in
// an hour. A proven password is in flight in at most 3 calls of all processes,
// so that they notice together that it was changed on the server; those that have seen it
// accepted in the last 10 seconds have 3 or more of their own. A process that ends during its call has sent a password
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
